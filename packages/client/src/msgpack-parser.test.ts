import type { Packet } from "@openline/protocol/socket";
import fc from "fast-check";
import * as stock from "socket.io-msgpack-parser";
import { describe, expect, test } from "vitest";
import * as own from "./msgpack-parser.ts";

interface AnyParser {
  readonly Encoder: new () => { encode(packet: Packet): unknown };
  readonly Decoder: new () => {
    on(name: "decoded", listener: (packet: Packet) => void): unknown;
    add(message: unknown): void;
  };
}

const theirs = stock as unknown as AnyParser; // its types have constructors that are methods

function encode(packet: Packet, parser: AnyParser = own): Uint8Array {
  const messages = new parser.Encoder().encode(packet) as Uint8Array[];
  expect(messages).toHaveLength(1);
  return messages[0]!; // see above
}

function decode(message: unknown, parser: AnyParser = own): Packet | undefined {
  const decoder = new parser.Decoder();
  let decoded: Packet | undefined;
  decoder.on("decoded", (packet) => {
    decoded = packet;
  });
  // Theirs reads Buffers alone on Node, which is what transports give.
  decoder.add(parser === theirs ? Buffer.from(message as Uint8Array) : message);
  return decoded;
}

function event(...data: unknown[]): Packet {
  return { type: 2, nsp: "/", data: ["name", ...data] };
}

const hex = (packet: Packet): string => Buffer.from(encode(packet)).toString("hex");

const value = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: "small" },
    fc.constantFrom<unknown>(null, true, undefined, "", "ü\u2028", "\ufeffmark", "🎉"),
    fc.maxSafeInteger(),
    fc.integer(),
    fc.double().filter((number) => number !== 0 && !(Math.abs(number) >= 2 ** 63)),
    fc.date({ noInvalidDate: true }),
    fc.string({ unit: "binary" }),
    fc.uint8Array({ maxLength: 4 }).map((bytes) => Buffer.from(bytes)),
    fc.array(tie("value"), { maxLength: 3 }),
    fc.dictionary(
      fc.string({ maxLength: 3 }).filter((name) => name !== "__proto__"),
      tie("value"),
      { maxKeys: 3, noNullPrototype: true },
    ),
  ),
})).value;

/** Where a length or a number takes more bytes. */
const borders = [0, 1, 15, 16, 31, 32, 127, 128, 255, 256, 65_535, 65_536, 2 ** 31, 2 ** 32];
const integers = borders.flatMap((border) => [border - 1, border, -border || 0, -border - 1]);
const numbers = [
  ...integers,
  0.1,
  2 ** 53 - 1,
  -(2 ** 53) + 1,
  2 ** 60,
  1e300,
  1 / 0,
  -1 / 0,
  0 / 0,
];

describe("the parser for MessagePack", () => {
  test("writes what socket.io-msgpack-parser reads, and reads what it writes", () => {
    fc.assert(
      fc.property(value, fc.option(fc.nat(), { nil: undefined }), (data, id) => {
        const packet: Packet = { ...event(data), ...(id === undefined ? {} : { id }) };
        expect(decode(encode(packet), theirs)).toEqual(packet);
        expect(decode(encode(packet, theirs))).toEqual(packet);
      }),
    );
  });

  test.each(numbers)("carries %d both ways", (number) => {
    expect(decode(encode(event(number)), theirs)).toEqual(event(number));
    // Past 64 bits theirs writes another number.
    if (Math.abs(number) < 2 ** 63)
      expect(decode(encode(event(number), theirs))).toEqual(event(number));
    expect(decode(encode(event(number)))).toEqual(event(number));
  });

  test.each(borders.slice(0, -2))(
    "writes text, bytes, lists and maps of %i as theirs does",
    (length) => {
      const list = Array.from({ length }, (_, index) => index % 100);
      const map = Object.fromEntries(list.map((_, index) => [`key ${index}`, index]));
      for (const data of ["x".repeat(length), Buffer.alloc(length, 7), list, map]) {
        expect(hex(event(data))).toBe(Buffer.from(encode(event(data), theirs)).toString("hex"));
        expect(decode(encode(event(data)))).toEqual(event(data));
      }
    },
  );

  test("writes bytes of any kind as bytes", () => {
    const bytes = Uint8Array.of(9, 1, 2, 9);
    const views = [
      bytes.slice(1, 3).buffer,
      bytes.subarray(1, 3),
      new DataView(bytes.buffer, 1, 2),
    ];
    for (const view of views) {
      expect(decode(encode(event(view)), theirs)).toEqual(event(Buffer.of(1, 2)));
    }
    expect(decode(encode(event(Uint16Array.of(1))))).toEqual(event(Buffer.of(1, 0)));
  });

  test("writes what toJSON gives, and no functions in objects", () => {
    const data = { at: { toJSON: () => [1] }, method() {}, never: new Date(Number.NaN) };
    expect(decode(encode(event(data)))).toEqual(event({ at: [1], never: null }));
  });

  test("reads a message that lies within a larger piece of memory", () => {
    const message = Buffer.concat([Buffer.of(1), encode(event(Buffer.of(7))), Buffer.of(1)]);
    expect(decode(message.subarray(1, -1))).toEqual(event(Buffer.of(7)));
  });

  test("gives bytes that are the reader's own", () => {
    const message = encode(event(Buffer.of(7)));
    const decoded = decode(message);
    message.fill(0);
    expect(decoded).toEqual(event(Buffer.of(7)));
  });

  test.each([0, 1, 8, 300, 70_000])("reads %i bytes that theirs writes of a view", (length) => {
    const message = encode(event(new Uint8Array(length).fill(7)), theirs);
    expect(decode(message)).toEqual(event(Buffer.alloc(length, 7)));
  });

  test("keeps extensions that it does not know as their type and bytes", () => {
    const start = "82a474797065 02 a36e7370a12f".replaceAll(" ", "");
    const extensions: [string, number][] = [
      ["d405aa", 1],
      ["d505aaaa", 2],
      ["d805".padEnd(36, "aa"), 16],
      ["c70305aaaaaa", 3],
      ["c8000305aaaaaa", 3],
      ["c90000000305aaaaaa", 3],
    ];
    for (const [extension, length] of extensions) {
      const message = Buffer.from(`83${start.slice(2)}a46461746192a465766e74${extension}`, "hex");
      const data = ["evnt", [5, Buffer.alloc(length, 0xaa)]];
      expect(decode(message)).toEqual({ type: 2, nsp: "/", data });
      expect(decode(message, theirs)).toEqual({ type: 2, nsp: "/", data });
    }
  });

  test("has a member of a message's own for __proto__", () => {
    const data = JSON.parse('{"__proto__":{"polluted":1}}') as object;
    const decoded = decode(encode(event(data)))?.data as [string, object];
    expect(Object.keys(decoded[1])).toEqual(["__proto__"]);
    expect(Object.getPrototypeOf(decoded[1])).toBe(Object.prototype);
  });

  test.each([[() => {}], [Symbol("s")], [1n], [new Blob(["b"])]])("refuses to write %o", (data) => {
    expect(() => encode(event(data))).toThrow(TypeError);
  });
});

describe("what is no packet in MessagePack is an error:", () => {
  test.each<[string, unknown]>([
    ["nothing", undefined],
    ["a type there is not", { type: 5, nsp: "/", data: [] }],
    ["a type that is text", { type: "2", nsp: "/", data: ["e"] }],
    ["no namespace", { type: 2, data: ["e"] }],
    ["an event that is no list", { type: 2, nsp: "/", data: {} }],
    ["an event of a name that is our own", { type: 2, nsp: "/", data: ["disconnect"] }],
    ["an acknowledgement that is no list", { type: 3, nsp: "/", id: 1, data: "x" }],
    ["an id that is no whole number", { type: 2, nsp: "/", id: 1.5, data: ["e"] }],
    ["a session that is a list", { type: 0, nsp: "/", data: [] }],
    ["a farewell with data", { type: 1, nsp: "/", data: 1 }],
    ["an error that is a number", { type: 4, nsp: "/", data: 1 }],
  ])("%s", (_, packet) => {
    const [message] = new theirs.Encoder().encode(packet as Packet) as Uint8Array[];
    expect(() => decode(message)).toThrow("invalid packet");
  });

  test.each<[string, unknown]>([
    ["text", '2["e"]'],
    ["an empty message", new ArrayBuffer(0)],
    ["a code that MessagePack has not", Buffer.of(0xc1)],
    ["more than one value", Buffer.concat([encode(event()), Buffer.of(0)])],
    ["a list that promises 4,294,967,295 members", Buffer.from("ddffffffff", "hex")],
    ["bytes that promise 4,294,967,295", Buffer.from("c6ffffffff00", "hex")],
    ["lists in lists, 100,000 deep", Buffer.alloc(100_000, 0x91)],
  ])("%s", (_, message) => {
    expect(() => decode(message)).toThrow(Error);
  });

  test("a message that is cut anywhere", () => {
    const packet = event("text", 0.5, [1, -1, 300, -300], { a: Buffer.of(1), b: new Date(5) });
    const message = encode({ ...packet, id: 70_000 });
    for (let length = 0; length < message.length; length += 1) {
      expect(() => decode(message.subarray(0, length))).toThrow(Error);
    }
  });
});
