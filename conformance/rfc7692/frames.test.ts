import { deflateRawSync } from "node:zlib";
import { closePayload, opcodes, rsv } from "../frame.ts";
import {
  binary,
  type ExpectedFrame,
  pong,
  provesScenarios,
  requiresOfBoth,
  type Scenario,
  text,
} from "../scenario.ts";
import type { OpenOptions, Side } from "../sides.ts";
import { openDeflated } from "./deflate-pair.ts";

/** Compressed messages are understood; what comes back is below the threshold, so it is plain. */
function plainAnswers(side: Side): OpenOptions {
  return {
    perMessageDeflate: { threshold: 2 ** 30 },
    extensions: `permessage-deflate; ${side.name}_no_context_takeover`,
  };
}

/** The same, for messages of up to 1,000 bytes. */
function limited(side: Side): OpenOptions {
  return { ...plainAnswers(side), maxPayload: 1000 };
}

const fromHex = (hex: string): Buffer => Buffer.from(hex.replaceAll(" ", ""), "hex");

/** "Hello" in one block with fixed codes (RFC 7692 §7.2.3.1). */
const hello = fromHex("f2 48 cd c9 c9 07 00");
/** "Hello" again, as a reference into the window (RFC 7692 §7.2.3.2). */
const helloAgain = fromHex("f2 00 11 00 00");
/** "Hello" in a final block, with the byte that pads it (RFC 7692 §7.2.3.4). */
const helloFinal = fromHex("f3 48 cd c9 c9 07 00 00");

const compressed = (payload: Uint8Array, opcode: number = opcodes.text) => ({
  opcode,
  payload,
  reserved: rsv[1],
});
const start = (payload: Uint8Array) => ({ ...compressed(payload), fin: false });
const middle = (payload: Uint8Array) => ({ opcode: 0, payload, fin: false });
const last = (payload: Uint8Array) => ({ opcode: 0, payload });
const ping = { opcode: opcodes.ping, payload: "now" };

/** The payload of a message, without its tail. */
function deflated(message: Uint8Array): Buffer {
  // A final block is padded; that is the shortest way to an ending without zlib's streams.
  return Buffer.concat([deflateRawSync(message), Buffer.of(0)]);
}

const bomb = deflated(Buffer.alloc(1 << 20));
const nothing = Buffer.alloc(0);

interface Row {
  readonly name: string;
  readonly parts: readonly {
    readonly opcode: number;
    readonly payload?: string | Uint8Array;
    readonly fin?: boolean;
    readonly reserved?: number;
  }[];
  readonly answers?: readonly ExpectedFrame[];
  readonly failsWith?: number;
  readonly options?: (side: Side) => OpenOptions;
}

const Hello = text("Hello");

const legal: Row[] = [
  {
    name: "RFC 7692 §7.2.3.1: a message in one compressed block is understood",
    parts: [compressed(hello)],
    answers: [Hello],
  },
  {
    name: "RFC 7692 §7.2.3.1: a compressed binary message is binary",
    parts: [compressed(hello, opcodes.binary)],
    answers: [binary(Buffer.from("Hello"))],
  },
  {
    name: "RFC 7692 §7.2.3.1: a compressed message in two fragments is understood",
    parts: [start(hello.subarray(0, 3)), last(hello.subarray(3))],
    answers: [Hello],
  },
  {
    name: "RFC 7692 §7.2.3.1: a compressed message in a fragment for each byte is understood",
    parts: [
      start(hello.subarray(0, 1)),
      ...[1, 2, 3, 4, 5].map((at) => middle(hello.subarray(at, at + 1))),
      last(hello.subarray(6)),
    ],
    answers: [Hello],
  },
  {
    name: "RFC 7692 §7.2.3.1: the fragments of a compressed message may be empty",
    parts: [start(nothing), middle(hello), last(nothing)],
    answers: [Hello],
  },
  {
    name: "RFC 7692 §7.2.3.2: a message may refer to the one before",
    parts: [compressed(hello), compressed(helloAgain), compressed(helloAgain)],
    answers: [Hello, Hello, Hello],
  },
  {
    name: "RFC 7692 §7.2.3.2: a message may refer past an uncompressed one",
    parts: [compressed(hello), text("plain"), compressed(helloAgain)],
    answers: [Hello, text("plain"), Hello],
  },
  {
    name: "RFC 7692 §7.2.3.3: a block without compression is understood",
    parts: [compressed(fromHex("00 05 00 fa ff 48 65 6c 6c 6f 00"))],
    answers: [Hello],
  },
  {
    name: "RFC 7692 §7.2.3.4: a final block is understood",
    parts: [compressed(helloFinal)],
    answers: [Hello],
  },
  {
    name: "RFC 7692 §7.2.3.4: messages in final blocks follow each other",
    parts: [compressed(helloFinal), compressed(helloFinal), compressed(hello)],
    answers: [Hello, Hello, Hello],
  },
  {
    name: "RFC 7692 §7.2.3.4: a message may refer to one that ended in a final block",
    parts: [compressed(helloFinal), compressed(helloAgain)],
    answers: [Hello, Hello],
  },
  {
    name: "RFC 7692 §7.2.1: a message may go on behind a final block",
    parts: [compressed(Buffer.concat([helloFinal.subarray(0, 7), hello]))],
    answers: [text("HelloHello")],
  },
  {
    name: "RFC 7692 §7.2.3.5: two blocks in a message are understood",
    parts: [compressed(fromHex("f2 48 05 00 00 00 ff ff ca c9 c9 07 00"))],
    answers: [Hello],
  },
  {
    name: "RFC 7692 §7.2.3.6: an empty compressed message is empty",
    parts: [compressed(Buffer.of(0)), compressed(hello), compressed(Buffer.of(0))],
    answers: [text(""), Hello, text("")],
  },
  {
    name: "RFC 7692 §7.2.3.6: an empty message in a final block is empty",
    parts: [compressed(fromHex("03 00 00")), compressed(hello)],
    answers: [text(""), Hello],
  },
  {
    name: "RFC 7692 §6.2: messages may be sent uncompressed",
    parts: [text("plain"), { opcode: 1, payload: "pl", fin: false }, last(Buffer.from("ain"))],
    answers: [text("plain"), text("plain")],
  },
  {
    name: "RFC 7692 §6.1: a control frame between compressed fragments is answered at once",
    parts: [
      start(hello.subarray(0, 3)),
      ping,
      middle(hello.subarray(3, 4)),
      ping,
      last(hello.subarray(4)),
    ],
    answers: [pong("now"), pong("now"), Hello],
  },
  {
    name: "RFC 7692 §8: a compressed message as long as the limit is accepted",
    parts: [compressed(deflated(Buffer.alloc(1000, "*")))],
    answers: [text("*".repeat(1000))],
    options: limited,
  },
];

const illegal: Row[] = [
  {
    name: "RFC 7692 §6.1: RSV1 on a continuation of a compressed message is refused with 1002",
    parts: [start(hello.subarray(0, 3)), { ...last(hello.subarray(3)), reserved: rsv[1] }],
    failsWith: 1002,
  },
  {
    name: "RFC 7692 §6.1: RSV1 on a continuation of a plain message is refused with 1002",
    parts: [
      { opcode: opcodes.text, payload: "Hel", fin: false },
      { ...last(hello), reserved: rsv[1] },
    ],
    failsWith: 1002,
  },
  {
    name: "RFC 7692 §6.1: RSV1 on a Ping is refused with 1002",
    parts: [{ ...ping, reserved: rsv[1] }],
    failsWith: 1002,
  },
  {
    name: "RFC 7692 §6.1: RSV1 on a Pong is refused with 1002",
    parts: [{ opcode: opcodes.pong, reserved: rsv[1] }],
    failsWith: 1002,
  },
  {
    name: "RFC 7692 §6.1: RSV1 on a Close frame is refused with 1002",
    parts: [{ opcode: opcodes.close, payload: closePayload(1000), reserved: rsv[1] }],
    failsWith: 1002,
  },
  {
    name: "RFC 7692 §6.1: a compressed Ping within a compressed message is refused with 1002",
    parts: [start(hello.subarray(0, 3)), { ...ping, reserved: rsv[1] }, last(hello.subarray(3))],
    failsWith: 1002,
  },
  ...([2, 3] as const).map((bit) => ({
    name: `RFC 7692 §6: RSV${bit} is refused with 1002 also where messages are compressed`,
    parts: [{ opcode: opcodes.text, payload: hello, reserved: rsv[1] | rsv[bit] }],
    failsWith: 1002,
  })),
  {
    name: "RFC 7692 §7.2.2: a reserved type of block is refused with 1007",
    parts: [compressed(fromHex("06 00")), compressed(hello)],
    failsWith: 1007,
  },
  {
    name: "RFC 7692 §7.2.2: a stored block with a bad length is refused with 1007",
    parts: [compressed(fromHex("00 05 00 00 00 48 65 6c 6c 6f 00"))],
    failsWith: 1007,
  },
  {
    name: "RFC 7692 §7.2.2: a stored block that lacks bytes is refused with 1007",
    parts: [compressed(fromHex("00 0a 00 f5 ff 48 65 6c"), opcodes.binary), compressed(hello)],
    failsWith: 1007,
  },
  {
    name: "RFC 7692 §7.2.2: a block with fixed codes that lacks its end is refused with 1007",
    parts: [compressed(hello.subarray(0, 2), opcodes.binary), compressed(hello)],
    failsWith: 1007,
  },
  {
    name: "RFC 7692 §7.2.2: a reference to before the first message is refused with 1007",
    parts: [compressed(helloAgain)],
    failsWith: 1007,
  },
  {
    name: "RFC 7692 §7.2.2: what inflates to something else than UTF-8 is refused as text with 1007",
    parts: [compressed(deflated(Buffer.from("Hello \xff", "latin1")))],
    failsWith: 1007,
  },
  {
    name: "RFC 7692 §7.2.2: text that inflates to the start of a character is refused with 1007",
    parts: [compressed(deflated(Buffer.of(0xce)))],
    failsWith: 1007,
  },
  {
    name: "RFC 7692 §8: a message that inflates past the limit is refused with 1009",
    parts: [compressed(deflated(Buffer.alloc(1001, "*"))), text("behind")],
    failsWith: 1009,
    options: limited,
  },
  {
    name: "RFC 7692 §8: a small message that inflates to 1 MiB is refused with 1009",
    parts: [compressed(bomb.subarray(0, 900)), text("behind")],
    failsWith: 1009,
    options: limited,
  },
  {
    name: "RFC 7692 §8: fragments that inflate past the limit together are refused with 1009",
    parts: [
      start(bomb.subarray(0, 300)),
      middle(bomb.subarray(300, 600)),
      last(bomb.subarray(600, 900)),
    ],
    failsWith: 1009,
    options: limited,
  },
];

provesScenarios(
  [...legal, ...illegal].map(
    ({ name, parts, ...outcome }): Scenario => ({
      requirement: name,
      sends: (frame) => parts.map((part) => frame(part)),
      cuts: "every",
      options: plainAnswers,
      ...outcome,
    }),
  ),
);

requiresOfBoth(
  "RFC 7692 §5: an application's message is compressed, and with `compress: false` is not",
  async (side) => {
    const connection = await openDeflated(side);
    const { socket, peer } = connection.pair;
    socket.send("compressed");
    await connection.receives(text("compressed"));
    socket.send("plain", { compress: false });
    const frame = await peer.nextFrame();
    if (frame.reserved !== 0 || frame.payload.toString() !== "plain") throw new Error("not plain");
    // The context of the compressed messages does not hold the plain one.
    socket.send("compressed again");
    await connection.receives(text("compressed again"));
    connection.close();
  },
);

requiresOfBoth(
  "RFC 7692 §5: without context takeover messages below the threshold are sent as they are",
  async (side) => {
    const parameters = { serverNoContextTakeover: true, clientNoContextTakeover: true };
    const connection = await openDeflated(side, parameters, { threshold: 100 });
    const { socket, peer } = connection.pair;
    const below = "b".repeat(99);
    socket.send(below);
    const frame = await peer.nextFrame();
    if (frame.reserved !== 0 || frame.payload.toString() !== below) throw new Error("not plain");
    socket.send("a".repeat(100));
    await connection.receives(text("a".repeat(100)));
    connection.close();
  },
);

requiresOfBoth(
  "RFC 7692 §6.1: Pings, Pongs and Close frames are never compressed",
  async (side) => {
    const connection = await openDeflated(side);
    const { pair } = connection;
    const payload = Buffer.alloc(125, "compressible");
    pair.socket.ping(payload);
    pair.socket.pong(payload);
    pair.socket.close(1000, "r".repeat(120));
    for (const opcode of [opcodes.ping, opcodes.pong, opcodes.close]) {
      const frame = await pair.peer.nextFrame();
      if (frame.opcode !== opcode || frame.reserved !== 0)
        throw new Error(`opcode ${frame.opcode}`);
    }
    connection.close();
  },
);
