import { Decoder, Encoder } from "@openline/client/msgpack-parser";
import type { Packet } from "@openline/protocol/socket";
import * as stock from "socket.io-msgpack-parser";
import type { Random } from "../engine/random.ts";
import { bytesOf, hex, type Target } from "../engine/target.ts";
import { check, same } from "../engine/violation.ts";

const words = [
  ...[
    "c0",
    "c1",
    "c2",
    "c3",
    "c4 02 0102",
    "c5 0001 aa",
    "c6 ffffffff",
    "c7 01 05 aa",
    "c9 00000001 00 00",
  ],
  ...[
    "ca 3f000000",
    "cb 8000000000000000",
    "cb 7ff8000000000000",
    "cf ffffffffffffffff",
    "d3 8000000000000000",
  ],
  ...[
    "d4 00 00",
    "d4 05 aa",
    "d7 00 0000000000000005",
    "d7 00 7fffffffffffffff",
    "d8 00",
    "d9 02 c3bc",
  ],
  ...[
    "dc ffff",
    "dd ffffffff",
    "de ffff",
    "df ffffffff",
    "91",
    "81",
    "93 01 02 03",
    "a3 efbbbf",
    "a2 c328",
  ],
  ...[
    "82",
    "83",
    "84",
    "a4 74797065",
    "a3 6e7370",
    "a1 2f",
    "a4 64617461",
    "a2 6964",
    "02",
    "04",
    "e0",
    "ff",
  ],
].map(hex);

/** Of any kind, but what the stock parser writes as something else. */
function value(random: Random, depth: number): unknown {
  const kind = random.below(depth > 3 ? 8 : 10);
  if (kind === 8) return Array.from({ length: random.below(20) }, () => value(random, depth + 1));
  if (kind === 9) {
    const names = Array.from({ length: random.below(20) }, () => `key ${random.below(30)}`);
    return Object.fromEntries(names.map((name) => [name, value(random, depth + 1)]));
  }
  return [
    null,
    undefined,
    random.chance(0.5),
    random.below(2 ** 16) - 2 ** 15,
    (random.below(2 ** 30) - 2 ** 29) * 2 ** random.below(20),
    random.below(1000) / 7,
    "ü🎉x".repeat(random.below(20)),
    random.chance(0.5) ? new Date(random.below(2 ** 30)) : Buffer.alloc(random.below(40), 7),
  ][kind];
}

function packet(random: Random): Packet {
  const type = random.pick([0, 1, 2, 2, 2, 3, 4] as const);
  const nsp = random.chance(0.5) ? "/" : "/chat";
  if (type === 1) return { type, nsp };
  if (type === 0 || type === 4) return { type, nsp, data: { message: value(random, 2) } };
  const data = ["event", value(random, 0)];
  return random.chance(0.5) ? { type, nsp, data } : { type, nsp, data, id: random.below(2 ** 20) };
}

/** One message. */
export const msgpackPackets: Target = {
  name: "msgpack-packets",
  about:
    "the parser for MessagePack: refuses with an Error, never touches a prototype, gives what it writes of the same packet again, and what `socket.io-msgpack-parser` gives",
  sources: /client\/src\/msgpack.*\.ts/,
  maxBytes: 1500,
  shortExecutions: 10_000,
  dictionary: [...words, bytesOf("\xa9__proto__"), bytesOf("\xa8polluted")],
  examples: [
    { type: 0, nsp: "/", data: { token: "x" } } as const,
    { type: 2, nsp: "/chat", id: 70_000, data: ["event", { a: [1, -1.5, null] }] } as const,
  ].map(encode),
  generate: (random: Random) => encode(packet(random)),
  work(input) {
    read(Decoder, input);
  },
  run(input) {
    const ours = read(Decoder, input);
    check(!("polluted" in {}), "a prototype was touched");
    if (ours instanceof Error) return ours.message.replace(/\d+/g, "");
    same(
      "a packet changes when written and read",
      jsonOf(ours),
      jsonOf(read(Decoder, encode(ours))),
    );
    const theirs = read(stock.Decoder as unknown as typeof Decoder, input);
    // Theirs loses `__proto__`, and makes something else of what is no UTF-8, or refuses it.
    const isComparable =
      !Buffer.from(input).includes("__proto__") && !jsonOf(ours).includes("\ufffd");
    if (isComparable)
      same("socket.io-msgpack-parser reads another packet", jsonOf(ours), jsonOf(theirs));
    return `decoded ${ours.type}`;
  },
};

function encode(packet: Packet): Uint8Array {
  return Uint8Array.from(new Encoder().encode(packet)[0] ?? []);
}

/** The packet, or why it is none. */
function read(Reader: typeof Decoder, input: Uint8Array): Packet | Error {
  const decoder = new Reader();
  const packets: Packet[] = [];
  decoder.on("decoded", (packet) => packets.push(packet));
  try {
    decoder.add(Buffer.from(input));
  } catch (error) {
    if (error instanceof Error) return error;
    throw error;
  }
  check(packets.length === 1, "a message is not one packet");
  return packets[0]!; // see above
}

function jsonOf(read: Packet | Error): string {
  if (read instanceof Error) return read.message;
  const { type, nsp, id, data } = read;
  // Stock has bytes of both kinds, ours one.
  const asBuffer = (_key: string, value: unknown): unknown =>
    value instanceof ArrayBuffer ? Buffer.from(value).toJSON() : value;
  return JSON.stringify([type, nsp, id, data], asBuffer);
}
