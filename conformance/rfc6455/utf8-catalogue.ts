/** A sequence of octets, and whether it is UTF-8. */
export interface Utf8Row {
  readonly name: string;
  /** In hexadecimal; spaces separate characters, or what was meant to be one. */
  readonly hex: string;
}

/** A list of single rows of a kind. */
function rows(name: string, sequences: readonly string[]): Utf8Row[] {
  return sequences.map((hex) => ({ name: `${name} ${hex}`, hex }));
}

/** Each octet from `first` to `last`, with a space (20) behind each, in one row. */
function lonely(first: number, last: number): string {
  const octets: string[] = [];
  for (let octet = first; octet <= last; octet += 1) octets.push(`${octet.toString(16)} 20`);
  return octets.join(" ");
}

/** The last two code points of each plane from 1 to 16, which are no characters. */
const noncharacters = Array.from({ length: 16 }, (_, plane) =>
  [0xfffe, 0xffff].map((low) =>
    Buffer.from(String.fromCodePoint(((plane + 1) << 16) + low)).toString("hex"),
  ),
).flat();

const greek = "ce ba e1 bd b9 cf 83 ce bc ce b5";
const mixed =
  "48 65 6c 6c 6f 2d c2 b5 40 c3 9f c3 b6 c3 a4 c3 bc c3 a0 c3 a1 2d 55 54 46 2d 38 21 21";

/** Sequences that are UTF-8 (RFC 3629 §4); the kinds are those of Markus Kuhn's stress test. */
export const validUtf8: readonly Utf8Row[] = [
  { name: "Greek", hex: greek },
  { name: "letters of one and two octets", hex: mixed },
  ...rows("the first character of its length,", ["00", "c2 80", "e0 a0 80", "f0 90 80 80"]),
  ...rows("the last character of its length,", ["7f", "df bf", "ef bf bf", "f4 8f bf bf"]),
  ...rows("at a boundary,", ["ed 9f bf", "ee 80 80", "ef bf bd", "f0 90 8d 88"]),
  ...rows("the non-character", ["ef b7 90", "ef b7 af", "ef bf be", "ef bf bf"]),
  { name: "the non-characters of planes 1 to 16", hex: noncharacters.join(" ") },
  ...rows("a special of the basic plane,", ["ef bf b9", "ef bf ba", "ef bf bb", "ef bf bc"]),
  { name: "a byte order mark, which is kept", hex: "ef bb bf 41" },
  { name: "emoji joined to one glyph", hex: "f0 9f 91 a9 e2 80 8d f0 9f 9a 80" },
];

/** Sequences that are not UTF-8. */
export const invalidUtf8: readonly Utf8Row[] = [
  { name: "a surrogate between text", hex: `${greek} ed a0 80 65 64 69 74 65 64` },
  ...rows("a character of five or six octets,", [
    "f8 88 80 80 80",
    "fc 84 80 80 80 80",
    "fb bf bf bf bf",
    "fd bf bf bf bf bf",
  ]),
  ...rows("past U+10FFFF,", ["f4 90 80 80", "f5 80 80 80", "f7 bf bf bf"]),
  ...rows("an unexpected continuation octet,", [
    "80",
    "bf",
    "80 bf",
    "80 bf 80",
    "80 bf 80 bf",
    "80 bf 80 bf 80",
    "80 bf 80 bf 80 bf",
  ]),
  { name: "all 64 continuation octets", hex: lonely(0x80, 0xbf).replaceAll(" 20", "") },
  { name: "lonely starts of two octets", hex: lonely(0xc0, 0xdf) },
  { name: "lonely starts of three octets", hex: lonely(0xe0, 0xef) },
  { name: "lonely starts of four octets", hex: lonely(0xf0, 0xf7) },
  { name: "lonely starts of five octets", hex: lonely(0xf8, 0xfb) },
  { name: "lonely starts of six octets", hex: lonely(0xfc, 0xfd) },
  ...rows("a sequence without its last octet,", [
    "c2",
    "df",
    "e1 80",
    "e0 a0",
    "ef bf",
    "f1 80 80",
    "f0 90 80",
    "f4 8f bf",
    "f8 80 80 80",
    "fc 80 80 80 80",
  ]),
  ...rows("a sequence without its last octet before text,", ["c2 41", "e1 80 41", "f1 80 80 41"]),
  { name: "incomplete sequences in a row", hex: "df ef bf f7 bf bf fb bf bf bf fd bf bf bf bf" },
  ...rows("an impossible octet,", ["fe", "ff", "fe fe ff ff"]),
  ...rows("a slash written too long,", [
    "c0 af",
    "e0 80 af",
    "f0 80 80 af",
    "f8 80 80 80 af",
    "fc 80 80 80 80 af",
  ]),
  ...rows("the highest character written too long,", [
    "c1 bf",
    "e0 9f bf",
    "f0 8f bf bf",
    "f8 87 bf bf bf",
    "fc 83 bf bf bf bf",
  ]),
  ...rows("a zero written too long,", [
    "c0 80",
    "e0 80 80",
    "f0 80 80 80",
    "f8 80 80 80 80",
    "fc 80 80 80 80 80",
  ]),
  ...rows("a single surrogate,", [
    "ed a0 80",
    "ed ad bf",
    "ed ae 80",
    "ed af bf",
    "ed b0 80",
    "ed be 80",
    "ed bf bf",
  ]),
  ...rows("a pair of surrogates,", [
    "ed a0 80 ed b0 80",
    "ed a0 80 ed bf bf",
    "ed ad bf ed b0 80",
    "ed ad bf ed bf bf",
    "ed ae 80 ed b0 80",
    "ed ae 80 ed bf bf",
    "ed af bf ed b0 80",
    "ed af bf ed bf bf",
  ]),
];

/** The octets of a row. */
export function octetsOf(row: Utf8Row): Buffer {
  return Buffer.from(row.hex.replaceAll(" ", ""), "hex");
}

/** What may follow a first octet, by Table 3-7 of the Unicode Standard. */
const sequences: readonly { first: [number, number]; second: [number, number]; more: number }[] = [
  { first: [0xc2, 0xdf], second: [0x80, 0xbf], more: 0 },
  { first: [0xe0, 0xe0], second: [0xa0, 0xbf], more: 1 },
  { first: [0xe1, 0xec], second: [0x80, 0xbf], more: 1 },
  { first: [0xed, 0xed], second: [0x80, 0x9f], more: 1 },
  { first: [0xee, 0xef], second: [0x80, 0xbf], more: 1 },
  { first: [0xf0, 0xf0], second: [0x90, 0xbf], more: 2 },
  { first: [0xf1, 0xf3], second: [0x80, 0xbf], more: 2 },
  { first: [0xf4, 0xf4], second: [0x80, 0x8f], more: 2 },
];

/**
 * Where the first octet is with which no UTF-8 can continue: the octets before it are
 * the start of something valid. The length, if there is none.
 */
export function firstImpossible(octets: Uint8Array): number {
  /** The ranges that the next octets of an open character must be in. */
  let open: (readonly [number, number])[] = [];
  for (const [at, octet] of octets.entries()) {
    const range = open.shift();
    if (range !== undefined) {
      if (octet < range[0] || octet > range[1]) return at;
    } else if (octet >= 0x80) {
      const row = sequences.find(({ first }) => octet >= first[0] && octet <= first[1]);
      if (row === undefined) return at;
      open = [row.second, ...Array<[number, number]>(row.more).fill([0x80, 0xbf])];
    }
  }
  return octets.length;
}
