import { encodePacket, type Packet, PacketDecoder, packetTypes } from "@openline/protocol/socket";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Decoder, Encoder } from "./parser.ts";

function decode(...messages: unknown[]): Packet[] {
  const decoder = new Decoder();
  const packets: Packet[] = [];
  decoder.on("decoded", (packet) => packets.push(packet));
  for (const message of messages) decoder.add(message);
  return packets;
}

/** What the other reader of the repository makes of the same messages. */
function decodeElsewhere(text: string, ...bytes: unknown[]): Packet | null {
  const decoder = new PacketDecoder<unknown>();
  return bytes.reduce<Packet | null>((_, each) => decoder.addBytes(each), decoder.addText(text));
}

const bytes = Uint8Array.of(1, 2, 3);

const data = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: "small" },
    fc.constantFrom(null, true, -0.5, "ü\u2028", "_placeholder"),
    fc.uint8Array({ maxLength: 4 }),
    fc.array(tie("value"), { maxLength: 3 }),
    fc.dictionary(fc.string({ maxLength: 3 }), tie("value"), { maxKeys: 3 }),
  ),
})).value;

function attachmentsIn(value: unknown): number {
  if (value instanceof Uint8Array) return 1;
  if (typeof value !== "object" || value === null) return 0;
  return Object.values(value).reduce<number>((sum, each) => sum + attachmentsIn(each), 0);
}

const packets = fc
  .record({
    type: fc.constantFrom(packetTypes.event, packetTypes.ack),
    nsp: fc.constantFrom("/", "/a", "/a-b/c?d"),
    id: fc.option(fc.nat(), { nil: undefined }),
    args: fc.array(data, { maxLength: 3 }),
  })
  .map(({ args, ...packet }): Packet => ({ ...packet, data: ["name", ...args] }))
  .filter((packet) => attachmentsIn(packet.data) <= 10);

describe("the small parser does what the large one does", () => {
  test("writes the same", () => {
    fc.assert(
      fc.property(packets, (packet) => {
        const { text, attachments } = encodePacket(packet);
        expect(new Encoder().encode(packet)).toEqual([text, ...(attachments ?? [])]);
      }),
    );
  });

  test("reads the same", () => {
    fc.assert(
      fc.property(packets, (packet) => {
        const [text, ...attachments] = new Encoder().encode(packet);
        const [read] = decode(text, ...attachments);
        const other = decodeElsewhere(text as string, ...attachments);
        // Deep equality tells prototypes apart, which no JSON has.
        expect(JSON.stringify(read?.data)).toBe(JSON.stringify(other?.data));
        expect(read).toMatchObject({ type: other?.type, nsp: other?.nsp });
        expect(read?.id).toBe(other?.id);
      }),
    );
  });

  test.each([
    ["a connection", { type: 0, nsp: "/" }],
    ["a connection with data", { type: 0, nsp: "/admin", data: { token: "t" } }],
    ["a disconnection", { type: 1, nsp: "/admin" }],
    ["a refusal", { type: 4, nsp: "/", data: { message: "no" } }],
    ["a refusal in words", { type: 4, nsp: "/", data: "no" }],
    ["an acknowledgement of nothing", { type: 3, nsp: "/", id: 0, data: [] }],
  ] as [string, Packet][])("%s", (_, packet) => {
    const [text] = new Encoder().encode(packet);
    expect(text).toBe(encodePacket(packet).text);
    expect(decode(text)).toEqual([packet]);
    expect(decodeElsewhere(text as string)).toEqual(packet);
  });
});

describe("what is written", () => {
  test("takes every kind of bytes from where it lies, and blobs", () => {
    const { buffer } = bytes;
    const blob = new Blob(["x"]);
    const parts = [buffer, new DataView(buffer), Buffer.from("a"), { toJSON: () => blob }];
    const [text, ...attachments] = new Encoder().encode({
      type: 2,
      nsp: "/",
      data: ["e", ...parts],
    });
    expect(text).toMatch(/^54-\["e",\{"_placeholder":true,"num":0\}/);
    expect(attachments).toEqual([buffer, parts[1], Buffer.from("a"), blob]);
    expect(attachments[0]).toBe(buffer);
  });

  test("calls toJSON as JSON.stringify does", () => {
    const packet: Packet = { type: 2, nsp: "/", data: ["e", new Date(0), bytes] };
    expect(new Encoder().encode(packet)[0]).toBe(
      '51-["e","1970-01-01T00:00:00.000Z",{"_placeholder":true,"num":0}]',
    );
  });

  test("cannot be a cycle", () => {
    const cycle: unknown[] = ["e"];
    cycle.push(cycle);
    expect(() => new Encoder().encode({ type: 2, nsp: "/", data: cycle })).toThrow();
  });
});

describe("what is refused", () => {
  test.each([
    ...["", "x", "7", "2", '2{"a":1}', "2[", "2null", '2["connect"]', '2["disconnect",1]'],
    ...["3", "3{}", "4[]", "0[]", "0null", '5["a"]', '50-["a"]', '61["a"]'],
  ])("%s", (text) => {
    expect(() => decode(text)).toThrow();
    expect(() => decodeElsewhere(text)).toThrow();
  });

  test("bytes that nothing announced, and text where bytes are missing", () => {
    expect(() => decode(bytes)).toThrow("invalid packet");
    const text = '51-["a",{"_placeholder":true,"num":0}]';
    expect(() => decode(text, text)).toThrow("invalid packet");
  });

  test("a placeholder of no attachment", () => {
    expect(() => decode('51-["a",{"_placeholder":true,"num":1}]', bytes)).toThrow("invalid packet");
  });
});

test("a decoder that was destroyed begins anew", () => {
  const decoder = new Decoder();
  const read: Packet[] = [];
  decoder.on("decoded", (packet) => read.push(packet));
  decoder.add('52-["a",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]');
  decoder.add(bytes);
  decoder.destroy();
  decoder.add('2["b"]');
  expect(read).toEqual([{ type: 2, nsp: "/", data: ["b"] }]);
});
