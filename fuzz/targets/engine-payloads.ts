import {
  joinPayloadV3,
  packetHeaderV3,
  packetTypeOf,
  splitBinaryPayloadV3,
  splitPayload,
  splitPayloadV3,
} from "@openline/protocol/engine";
import type { Random } from "../engine/random.ts";
import { bytesOf, concat, hex, type Target, textOf } from "../engine/target.ts";
import { check, same } from "../engine/violation.ts";

const MAX_PACKETS = 20;

/** A polling body. */
export const enginePayloads: Target = {
  name: "engine-payloads",
  about:
    "polling bodies of Engine.IO 3 and 4: nothing is thrown, no body gives more packets than allowed, the packets together are the body, and joining them gives it again",
  sources: /protocol\/src\/engine\/(payload|payload-v3|packet)\.ts/,
  maxBytes: 600,
  shortExecutions: 30_000,
  dictionary: [
    ...["1:", "2:4a", "\x1e", "4hello", "b", "10:", "01:", "0:", "99999999999:", "-1:", "1e1:"].map(
      bytesOf,
    ),
    ...["00 01 ff", "01 02 ff", "01 ff", "00 00 ff", "02", "00 0a ff"].map(hex),
  ],
  examples: [
    ...["4hello\x1e2\x1ebAQID", "6:4hello2:4€", "", "\x1e\x1e", "3:4ab1:2"].map(bytesOf),
    ...["00 06 ff 34 68 65 6c 6c 6f", "01 04 ff 04 01 02 03 00 01 ff 36"].map(hex),
  ],
  generate(random: Random) {
    const packets = Array.from({ length: random.between(0, 5) }, () =>
      random.bytes(random.pick([0, 1, 2, 9, 10, 30])),
    );
    const way = random.below(3);
    if (way === 0) return bytesOf(packets.map(textOf).join("\x1e"));
    if (way === 1) return bytesOf(joinPayloadV3(packets.map(textOf)));
    return concat(
      ...packets.flatMap((packet) => [packetHeaderV3(packet.length, random.chance(0.5)), packet]),
    );
  },
  work(input) {
    const text = textOf(input);
    splitPayload(text, input.length + 1);
    splitPayloadV3(text, input.length);
    splitBinaryPayloadV3(input, input.length, textOf);
  },
  run(input) {
    const text = textOf(input);
    return [checkVersion4(text), checkText(text), checkBytes(input)].join();
  },
};

function checkVersion4(text: string): string {
  const packets = splitPayload(text, MAX_PACKETS);
  const expected = text.split("\x1e");
  check((packets === null) === expected.length > MAX_PACKETS, "too many packets, or too few");
  if (packets === null) return "too many";
  same("a body of version 4 is split elsewhere", packets.join("\n"), expected.join("\n"));
  for (const packet of packets) {
    const type = packetTypeOf(packet);
    check(type === (/^[0-6]/.test(packet) ? Number(packet[0]) : -1), "a packet has another type");
  }
  return "version 4";
}

function checkText(text: string): string {
  const packets = splitPayloadV3(text, MAX_PACKETS);
  if (packets === null) return "no text";
  check(packets.length > 0 && packets.length <= MAX_PACKETS, "too many packets, or none");
  // Leading zeros are the only other way to write a length.
  const canonical = joinPayloadV3(packets);
  check(canonical.length <= text.length, "joining makes a body longer");
  same(
    "joining and splitting changes packets",
    packets.join("\n"),
    (splitPayloadV3(canonical, MAX_PACKETS) ?? []).join("\n"),
  );
  return "text";
}

function checkBytes(input: Uint8Array): string {
  const packets = splitBinaryPayloadV3(input, MAX_PACKETS, textOf);
  if (packets === null) return "no bytes";
  check(packets.length <= MAX_PACKETS, "too many packets");
  const joined = concat(
    ...packets.flatMap((packet) => {
      const isBinary = typeof packet !== "string";
      const bytes = isBinary ? packet : bytesOf(packet);
      return [packetHeaderV3(bytes.length, isBinary), bytes];
    }),
  );
  check(joined.length <= input.length, "joining makes a body longer");
  if (joined.length === input.length) {
    check(Buffer.compare(joined, input) === 0, "joining does not give the body again");
  }
  return "bytes";
}
