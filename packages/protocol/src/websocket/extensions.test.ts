import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { HandshakeError } from "../errors.ts";
import { growth, LINEAR_GROWTH } from "../linear-time.fixture.ts";
import {
  type ExtensionOffers,
  type ExtensionParameters,
  formatExtensions,
  MAX_NEGOTIATION_ITEMS,
  MAX_NEGOTIATION_LENGTH,
  parseExtensions,
  parseSubprotocols,
} from "./extensions.ts";

type Plain = [string, Record<string, readonly (string | true)[]>[]][];

function plain(offers: ExtensionOffers): Plain {
  return [...offers].map(([name, list]) => [name, list.map((parameters) => ({ ...parameters }))]);
}

/** Whether `work` throws nothing but a refusal with 400. */
function isRefused(work: () => unknown): boolean {
  try {
    work();
    return false;
  } catch (error) {
    expect(error).toBeInstanceOf(HandshakeError);
    expect(error).toMatchObject({ status: 400 });
    return true;
  }
}

const tokens = fc.string({
  unit: fc.constantFrom(..."abz09!#$%&'*+-.^_`|~AZ"),
  minLength: 1,
  maxLength: 8,
});
const names = fc.oneof(
  tokens,
  fc.constantFrom("__proto__", "constructor", "toString", "hasOwnProperty"),
);
const parameters = fc
  .array(
    fc.tuple(
      names,
      fc.array(fc.oneof(tokens, fc.constant(true as const)), { minLength: 1, maxLength: 3 }),
    ),
    {
      maxLength: 4,
    },
  )
  .map((entries) => {
    const result: Record<string, (string | true)[]> = Object.create(null);
    for (const [name, values] of entries) result[name] = values;
    return result as ExtensionParameters;
  });
const offers = fc
  .array(fc.tuple(names, fc.array(parameters, { minLength: 1, maxLength: 2 })), {
    minLength: 1,
    maxLength: 3,
  })
  .map((entries) => new Map(entries));

/** Strings near the grammar, so that the parser gets far before it refuses. */
const nearHeaders = fc.oneof(
  fc.string(),
  fc.string({ unit: "binary" }),
  fc
    .array(
      fc.constantFrom(
        "a",
        "permessage-deflate",
        ";",
        ",",
        "=",
        '"',
        "\\",
        " ",
        "\t",
        "__proto__",
        "é",
        "\0",
        "15",
      ),
      {
        maxLength: 40,
      },
    )
    .map((pieces) => pieces.join("")),
);

describe("parseExtensions", () => {
  it.each<[string, Plain]>([
    ["foo", [["foo", [{}]]]],
    [
      "foo,bar",
      [
        ["foo", [{}]],
        ["bar", [{}]],
      ],
    ],
    ["foo; a; b=1", [["foo", [{ a: [true], b: ["1"] }]]]],
    ["foo;a=1;a;a=2", [["foo", [{ a: ["1", true, "2"] }]]]],
    [
      "foo; a,bar,foo;b",
      [
        ["foo", [{ a: [true] }, { b: [true] }]],
        ["bar", [{}]],
      ],
    ],
    [
      "foo \t;\t a \t,\t bar",
      [
        ["foo", [{ a: [true] }]],
        ["bar", [{}]],
      ],
    ],
    ['foo;a="b"', [["foo", [{ a: ["b"] }]]]],
    ['foo;a="\\b\\c"; d="e\\f"', [["foo", [{ a: ["bc"], d: ["ef"] }]]]],
    [
      "permessage-deflate; client_max_window_bits; server_max_window_bits=10, permessage-deflate",
      [
        [
          "permessage-deflate",
          [{ client_max_window_bits: [true], server_max_window_bits: ["10"] }, {}],
        ],
      ],
    ],
  ])("reads %j", (header, expected) => {
    expect(plain(parseExtensions(header))).toEqual(expected);
  });

  it.each([
    "",
    " ",
    ",",
    ";",
    "foo,",
    "foo;",
    ",foo",
    "foo,,bar",
    "foo;;a",
    "foo bar",
    "foo ",
    " foo",
    "foo;a b",
    "foo;a=",
    "foo;=b",
    "foo;a =b",
    "foo;a= b",
    'foo;a="',
    'foo;a=""',
    'foo;a="b',
    'foo;a="b\\',
    'foo;a="b\\"',
    'foo;a="b c"',
    'foo;a="b\\ c"',
    'foo;a="b"c',
    'foo;a=b"c"',
    'foo"',
    "foo=1",
    "f\u00f6\u00f6",
    "foo\0",
    "foo\r\nbar",
    "foo/bar",
    "foo;a=b=c",
    "foo;a=b\\c",
    ",;constructor",
  ])("refuses %j", (header) => {
    expect(isRefused(() => parseExtensions(header))).toBe(true);
  });

  it("takes names of Object.prototype as names like any other (GHSA-5v72-xg48-5rpm)", () => {
    for (const name of ["constructor", "__proto__", "toString", "hasOwnProperty", "valueOf"]) {
      const parsed = parseExtensions(`${name}; ${name}; ${name}=1`);
      expect([...parsed.keys()]).toEqual([name]);
      const only = parsed.get(name)![0]!;
      expect(Object.getPrototypeOf(only)).toBe(null);
      expect(Object.keys(only)).toEqual([name]);
      expect(only[name]).toEqual([true, "1"]);
    }
    expect(parseExtensions("foo").get("constructor")).toBe(undefined);
    expect(parseExtensions("foo").get("foo")![0]!.constructor).toBe(undefined);
  });

  it("counts a parameter as one, whatever its value", () => {
    const full = (element: string): string =>
      Array.from({ length: MAX_NEGOTIATION_ITEMS / 2 }, () => element).join();
    for (const element of ["e;p", "e;p=v", 'e;p="v"', 'e;p="\\v"']) {
      expect(parseExtensions(full(element)).size).toBe(1);
      expect(isRefused(() => parseExtensions(`${full(element)},e`))).toBe(true);
    }
  });

  it("refuses headers past its limits", () => {
    const most = Array.from({ length: MAX_NEGOTIATION_ITEMS }, (_, at) => `e${at}`);
    expect(parseExtensions(most.join(",")).size).toBe(MAX_NEGOTIATION_ITEMS);
    expect(isRefused(() => parseExtensions(`${most.join(",")},one-more`))).toBe(true);
    expect(isRefused(() => parseExtensions(`${most.join(";")};one-more`))).toBe(true);
    expect(parseExtensions("a".repeat(MAX_NEGOTIATION_LENGTH)).size).toBe(1);
    expect(isRefused(() => parseExtensions("a".repeat(MAX_NEGOTIATION_LENGTH + 1)))).toBe(true);
  });

  it.each([
    [
      "an unclosed quoted value of escapes (CVE-2020-7662)",
      (size: number) => `a;b="${"\\c".repeat(size / 2)}`,
    ],
    ["a closed one", (size: number) => `a;b="${"\\c".repeat(size / 2)}"`],
    ["spaces", (size: number) => `a;b${" ".repeat(size)}x`],
    ["a long name", (size: number) => "a".repeat(size)],
  ])("takes linear time on %s", (_, makeInput) => {
    const work = (header: string): void => void isLinearWork(() => parseExtensions(header));
    expect(growth(makeInput, work)).toBeLessThan(LINEAR_GROWTH);
  });

  it("throws nothing but a refusal, whatever it reads", () => {
    fc.assert(
      fc.property(nearHeaders, (header) => void isRefused(() => parseExtensions(header))),
      { numRuns: 2000 },
    );
  });

  it("reads back what formatExtensions writes", () => {
    fc.assert(
      fc.property(offers, (extensions) => {
        expect(plain(parseExtensions(formatExtensions(extensions)))).toEqual(plain(extensions));
      }),
    );
  });
});

/** Swallows the refusal, whose stack trace takes the same time at any size. */
function isLinearWork(work: () => unknown): boolean {
  try {
    work();
    return true;
  } catch {
    return false;
  }
}

describe("formatExtensions", () => {
  it.each(["", "a b", "a\r\nSet-Cookie: b", "a,b", 'a"'])(
    "refuses the name and the value %j",
    (text) => {
      expect(() => formatExtensions(new Map([[text, [{}]]]))).toThrow(TypeError);
      expect(() => formatExtensions(new Map([["a", [{ [text]: [true] }]]]))).toThrow(TypeError);
      expect(() => formatExtensions(new Map([["a", [{ b: [text] }]]]))).toThrow(TypeError);
    },
  );
});

describe("parseSubprotocols", () => {
  it.each([
    ["chat", ["chat"]],
    ["chat,superchat", ["chat", "superchat"]],
    ["chat \t,\t superchat", ["chat", "superchat"]],
    ["__proto__, constructor", ["__proto__", "constructor"]],
    ["Chat,chat", ["Chat", "chat"]],
  ])("reads %j", (header, expected) => {
    expect([...parseSubprotocols(header)]).toEqual(expected);
  });

  it.each(["", ",", "a,", ",a", "a,,b", "a b", "a ", " a", "a;b", "a\0", "é", "a,a", "a, b ,a"])(
    "refuses %j",
    (header) => {
      expect(isRefused(() => parseSubprotocols(header))).toBe(true);
    },
  );

  it("takes linear time on many spaces (CVE-2021-32640)", () => {
    const work = (header: string): void => void isLinearWork(() => parseSubprotocols(header));
    expect(growth((size) => `b${" ".repeat(size)}x`, work)).toBeLessThan(LINEAR_GROWTH);
    expect(isRefused(() => parseSubprotocols(`b${" ".repeat(32_000)}x`))).toBe(true);
  });

  it("throws nothing but a refusal, whatever it reads", () => {
    fc.assert(
      fc.property(nearHeaders, (header) => void isRefused(() => parseSubprotocols(header))),
      { numRuns: 2000 },
    );
  });

  it("reads back what is joined", () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(tokens, { minLength: 1 }),
        fc.constantFrom(",", ", ", " \t,"),
        (protocols, comma) => {
          expect([...parseSubprotocols(protocols.join(comma))]).toEqual(protocols);
        },
      ),
    );
  });
});
