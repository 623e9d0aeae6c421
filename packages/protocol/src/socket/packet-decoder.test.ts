import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { growth, LINEAR_GROWTH } from "../linear-time.fixture.ts";
import { encodePacket } from "./encode.ts";
import { type Packet, packetLimits, packetTypes } from "./packet.ts";
import { PacketDecoder } from "./packet-decoder.ts";
import { PacketError, type PacketFault } from "./packet-error.ts";

function decode(...messages: (string | Uint8Array)[]): Packet | null {
  const decoder = new PacketDecoder();
  let packet: Packet | null = null;
  for (const message of messages) {
    packet = typeof message === "string" ? decoder.addText(message) : decoder.addBytes(message);
  }
  return packet;
}

function faultOf(...messages: (string | Uint8Array)[]): PacketFault | undefined {
  try {
    decode(...messages);
  } catch (error) {
    if (error instanceof PacketError) return error.fault;
    throw error;
  }
  return undefined;
}

const bytes = Uint8Array.of(1, 2, 3);

describe("what is read", () => {
  const examples: [string, Packet][] = [
    ["0", { type: 0, nsp: "/" }],
    ['0{"token":"t"}', { type: 0, nsp: "/", data: { token: "t" } }],
    ["0/admin,", { type: 0, nsp: "/admin" }],
    ["0/admin", { type: 0, nsp: "/admin" }],
    ['0/admin,{"a":1}', { type: 0, nsp: "/admin", data: { a: 1 } }],
    ["0/n?__proto__=x", { type: 0, nsp: "/n?__proto__=x" }],
    ["1", { type: 1, nsp: "/" }],
    ["1/admin,", { type: 1, nsp: "/admin" }],
    ['2["a"]', { type: 2, nsp: "/", data: ["a"] }],
    ['2[7,"x"]', { type: 2, nsp: "/", data: [7, "x"] }],
    ['212["a",1]', { type: 2, nsp: "/", id: 12, data: ["a", 1] }],
    ['2/admin,0["a"]', { type: 2, nsp: "/admin", id: 0, data: ["a"] }],
    ["313[]", { type: 3, nsp: "/", id: 13, data: [] }],
    ['4"no"', { type: 4, nsp: "/", data: "no" }],
    ['4{"message":"no"}', { type: 4, nsp: "/", data: { message: "no" } }],
  ];

  it.each(examples)("%s", (text, packet) => {
    expect(decode(text)).toEqual(packet);
  });

  it("attachments in their places, in any order and more than once", () => {
    const other = Uint8Array.of(9);
    const text =
      '52-5["f",{"_placeholder":true,"num":1},[{"a":{"_placeholder":true,"num":0}}],{"_placeholder":true,"num":1}]';
    expect(decode(text)).toBe(null);
    expect(decode(text, bytes)).toBe(null);
    expect(decode(text, bytes, other)).toEqual({
      type: packetTypes.event,
      nsp: "/",
      id: 5,
      data: ["f", other, [{ a: bytes }], other],
    });
  });

  it("an acknowledgement with an attachment", () => {
    expect(decode('61-/n,8[{"_placeholder":true,"num":0}]', bytes)).toEqual({
      type: packetTypes.ack,
      nsp: "/n",
      id: 8,
      data: [bytes],
    });
  });

  it("a key that is called __proto__ as data, with attachments and without", () => {
    const plain = decode('2["a",{"__proto__":{"x":1}}]');
    const [, data] = (plain as Packet).data as [string, object];
    expect(Object.getPrototypeOf(data)).toBe(Object.prototype);
    expect(Object.keys(data)).toEqual(["__proto__"]);
    const packed = decode('51-["a",{"__proto__":{"x":{"_placeholder":true,"num":0}}}]', bytes);
    const [, withBytes] = (packed as Packet).data as [string, object];
    expect(Object.getPrototypeOf(withBytes)).toBe(Object.prototype);
    expect(Object.entries(withBytes)).toEqual([["__proto__", { x: bytes }]]);
  });
});

describe("what is refused", () => {
  const examples: [PacketFault, (string | Uint8Array)[]][] = [
    ["UNKNOWN_TYPE", [""]],
    ["UNKNOWN_TYPE", ["7"]],
    ["UNKNOWN_TYPE", ["x"]],
    ["BAD_ATTACHMENT_COUNT", ['5["a"]']],
    ["BAD_ATTACHMENT_COUNT", ['5-["a"]']],
    ["BAD_ATTACHMENT_COUNT", ['50-["a"]']],
    ["BAD_ATTACHMENT_COUNT", ['51["a"]']],
    ["BAD_ATTACHMENT_COUNT", ['512345-["a"]']],
    ["TOO_MANY_ATTACHMENTS", ['511-["a"]']],
    ["TOO_MANY_ATTACHMENTS", ['5999-["a"]']],
    ["NAMESPACE_TOO_LONG", [`0/${"n".repeat(packetLimits.maxNamespaceLength)}`]],
    ["BAD_ID", [`2${"9".repeat(400)}["a"]`]],
    ["BAD_ID", ['29007199254740992["a"]']],
    ["BAD_JSON", ["2{"]],
    ["BAD_JSON", ['2["a"']],
    ["BAD_PAYLOAD", ["2"]],
    ["BAD_PAYLOAD", ["2{}"]],
    ["BAD_PAYLOAD", ["2[]"]],
    ["BAD_PAYLOAD", ['2[{"toString":"foo"}]']],
    ["BAD_PAYLOAD", ["2[null]"]],
    ["BAD_PAYLOAD", ["3"]],
    ["BAD_PAYLOAD", ["3{}"]],
    ["BAD_PAYLOAD", ["0[]"]],
    ["BAD_PAYLOAD", ['0"x"']],
    ["BAD_PAYLOAD", ["1{}"]],
    ["BAD_PAYLOAD", ["4[]"]],
    ["BAD_PLACEHOLDER", ['51-["a",{"_placeholder":true,"num":"splice"}]', bytes]],
    ["BAD_PLACEHOLDER", ['51-["a",{"_placeholder":true,"num":1}]', bytes]],
    ["BAD_PLACEHOLDER", ['51-["a",{"_placeholder":true,"num":-1}]', bytes]],
    ["BAD_PLACEHOLDER", ['51-["a",{"_placeholder":true,"num":0.5}]', bytes]],
    ["BAD_PLACEHOLDER", ['51-["a",{"_placeholder":true}]', bytes]],
    ["TOO_DEEP", [`51-["a",${"[".repeat(100_000)}${"]".repeat(100_000)}]`, bytes]],
    ["UNEXPECTED_BINARY", [bytes]],
    ["UNEXPECTED_BINARY", ['2["a"]', bytes]],
    ["UNEXPECTED_TEXT", ['51-["a"]', '2["b"]']],
  ];

  it.each(examples)("%s %s", (fault, messages) => {
    expect(faultOf(...messages)).toBe(fault);
  });

  const reserved = ["connect", "connect_error", "disconnect", "disconnecting", "newListener"];
  it.each([...reserved, "removeListener"])("an event that is called %s", (name) => {
    expect(faultOf(`2["${name}"]`)).toBe("BAD_PAYLOAD");
  });
});

describe("time", () => {
  it.each([
    ["digits", (size: number) => `2${"1".repeat(size)}`],
    ["dashes", (size: number) => `5${"-".repeat(size)}`],
    ["a namespace", (size: number) => `0/${"a".repeat(size)}`],
    ["brackets", (size: number) => `2${"[".repeat(size)}`],
    ["commas", (size: number) => `2/a${",".repeat(size)}`],
  ])("is linear in the length of %s", (_, make) => {
    expect(growth(make, (text) => void faultOf(text))).toBeLessThan(LINEAR_GROWTH);
  });
});

/** What JSON holds, and bytes. */
const { data } = fc.letrec((tie) => ({
  data: fc.oneof(
    { maxDepth: 3 },
    fc.string(),
    fc.integer(),
    fc.boolean(),
    fc.constant(null),
    fc.uint8Array({ maxLength: 8 }),
    fc.array(tie("data"), { maxLength: 3 }),
    fc.dictionary(fc.string(), tie("data"), { maxKeys: 3 }),
  ),
}));

function countBytes(value: unknown): number {
  if (value instanceof Uint8Array) return 1;
  if (typeof value !== "object" || value === null) return 0;
  return Object.values(value).reduce((sum: number, each) => sum + countBytes(each), 0);
}

describe("what is written", () => {
  it("is read as it was", () => {
    const name = fc.string().filter((text) => faultOf(`2${JSON.stringify([text])}`) === undefined);
    const packets = fc
      .record({
        type: fc.constantFrom(packetTypes.event, packetTypes.ack),
        nsp: fc.constantFrom("/", "/a", "/a-b/c"),
        id: fc.option(fc.nat(), { nil: undefined }),
        args: fc.array(data, { maxLength: 3 }),
        name,
      })
      // Node's deep equality tells null prototypes apart, which no JSON has.
      .map(({ args, name: event, ...packet }) => ({ ...packet, data: [event, ...args] }))
      .filter(({ data: list }) => countBytes(list) <= packetLimits.maxAttachments);
    fc.assert(
      fc.property(packets, (packet) => {
        const { text, attachments } = encodePacket(packet);
        const read = decode(text, ...(attachments ?? []));
        expect(JSON.stringify(read?.data)).toBe(JSON.stringify(packet.data));
        expect(read).toMatchObject({ type: packet.type, nsp: packet.nsp });
        expect(read?.id).toBe(packet.id);
      }),
    );
  });

  it("calls toJSON as JSON.stringify does", () => {
    const value = { toJSON: () => ({ bytes }) };
    const { text, attachments } = encodePacket({ type: 2, nsp: "/", data: ["a", value] });
    expect(text).toBe('51-["a",{"bytes":{"_placeholder":true,"num":0}}]');
    expect(attachments).toEqual([bytes]);
    const date = new Date(0);
    expect(encodePacket({ type: 2, nsp: "/", data: ["a", date] }).text).toBe(
      '2["a","1970-01-01T00:00:00.000Z"]',
    );
  });

  it("takes every kind of bytes", () => {
    const buffer = Uint8Array.of(0, 1, 2, 3).buffer;
    const parts = [buffer, new DataView(buffer, 1, 2), new Uint16Array(buffer, 2, 1)];
    const { attachments } = encodePacket({ type: 2, nsp: "/", data: ["a", ...parts] });
    expect(attachments?.map((each) => [...each])).toEqual([
      [0, 1, 2, 3],
      [1, 2],
      [2, 3],
    ]);
  });

  it("takes other things that travel beside the JSON, and gives them back as they are", () => {
    class Blob {}
    const blob = new Blob();
    const isBlob = (value: object): value is Blob => value instanceof Blob;
    const packet: Packet = { type: 2, nsp: "/", data: ["a", { blob, list: [bytes, [blob]] }] };
    const { text, attachments } = encodePacket(packet, "", isBlob);
    expect(attachments).toEqual([blob, bytes, blob]);
    expect(attachments?.[0]).toBe(blob);
    const decoder = new PacketDecoder<Uint8Array | Blob>();
    decoder.addText(text);
    const read = attachments?.map((each) => decoder.addBytes(each)).at(-1);
    expect(read).toEqual(packet);
    expect(encodePacket(packet).attachments).toEqual([bytes]);
  });

  it("leaves the caller's data as they were", () => {
    const given = ["a", { bytes, list: [bytes] }];
    encodePacket({ type: 2, nsp: "/", data: given });
    expect(given).toEqual(["a", { bytes, list: [bytes] }]);
  });

  it("keeps a key that is called __proto__", () => {
    const value: unknown = JSON.parse('{"__proto__":1,"b":null}');
    (value as { b: unknown }).b = bytes;
    const { text } = encodePacket({ type: 2, nsp: "/", data: ["a", value] });
    expect(text).toBe('51-["a",{"__proto__":1,"b":{"_placeholder":true,"num":0}}]');
  });

  it("begins with what carries it", () => {
    expect(encodePacket({ type: 0, nsp: "/a", data: { sid: "x" } }, "4").text).toBe(
      '40/a,{"sid":"x"}',
    );
  });

  it("cannot be a cycle", () => {
    const cycle: unknown[] = ["a"];
    cycle.push(cycle);
    expect(() => encodePacket({ type: 2, nsp: "/", data: cycle })).toThrow(TypeError);
  });
});
