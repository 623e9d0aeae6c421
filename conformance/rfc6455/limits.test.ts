import { expect } from "vitest";
import { opcodes } from "../frame.ts";
import {
  binary,
  closesCleanly,
  type ExpectedFrame,
  expectFrame,
  failsWith,
  provesScenarios,
  requiresOfBoth,
  type Scenario,
  text,
} from "../scenario.ts";
import type { FrameMaker } from "../sides.ts";

const KiB = 1024;
const MiB = 1024 * KiB;

/** A length as it is said. */
function sized(length: number): string {
  if (length >= MiB) return `${length / MiB} MiB`;
  return length >= KiB ? `${length / KiB} KiB` : `${length} B`;
}

/** Text of characters of one to four octets, `length` octets in all. */
function longText(length: number): Buffer {
  const pattern = Buffer.from("The line stays open: \u00e9\u03ba\u1f79 \u{1f680}. ");
  const whole = Math.floor(length / pattern.length) * pattern.length;
  // A pattern that does not fit is not cut within a character.
  return Buffer.concat([Buffer.alloc(whole, pattern), Buffer.alloc(length - whole, "~")]);
}

/** Bytes that differ from their neighbours and from those a period of masks away. */
function longBinary(length: number): Buffer {
  const bytes = Buffer.allocUnsafe(length);
  let state = 1;
  for (let at = 0; at < length; at += 1) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) | 0;
    bytes[at] = state >>> 16;
  }
  return bytes;
}

const kinds: readonly { name: string; make: (length: number) => ExpectedFrame }[] = [
  { name: "text", make: (length) => text(longText(length)) },
  { name: "binary data", make: (length) => binary(longBinary(length)) },
];

function fragments(frame: FrameMaker, message: ExpectedFrame, size: number): Buffer[] {
  const { opcode, payload } = message;
  const frames: Buffer[] = [];
  for (let at = 0; at < payload.length; at += size) {
    frames.push(
      frame({
        opcode: at === 0 ? opcode : opcodes.continuation,
        payload: payload.subarray(at, at + size),
        fin: at + size >= payload.length,
      }),
    );
  }
  return frames;
}

const wholeSizes = [64 * KiB, 256 * KiB, MiB, 4 * MiB, 8 * MiB, 16 * MiB];
const fragmentSizes = [64, 256, KiB, 4 * KiB, 16 * KiB, 64 * KiB, 256 * KiB, MiB, 4 * MiB];
const pieceSizes = [64, 128, 256, 512, 1024, 2048, 997];

for (const { name, make } of kinds) {
  provesScenarios(
    wholeSizes.map((size): Scenario => {
      const message = make(size);
      return {
        requirement: `RFC 6455 §5.2: ${name} of ${sized(size)} comes back unchanged`,
        sends: (frame) => [frame(message)],
        answers: [message],
      };
    }),
  );
  const fragmented = make(4 * MiB);
  provesScenarios(
    fragmentSizes.map(
      (size): Scenario => ({
        requirement: `RFC 6455 §5.4: ${name} of 4 MiB in fragments of ${sized(size)} comes back whole`,
        sends: (frame) => fragments(frame, fragmented, size),
        answers: [fragmented],
      }),
    ),
  );
  const chopped = make(MiB / 4);
  provesScenarios(
    pieceSizes.map(
      (size): Scenario => ({
        requirement: `RFC 6455 §5.2: ${name} of 256 KiB that arrives ${size} bytes at a time comes back unchanged`,
        sends: (frame) => [frame(chopped)],
        answers: [chopped],
        cuts: [[size]],
      }),
    ),
  );

  for (const size of [0, 16, 64, 256, KiB, 4 * KiB, 16 * KiB]) {
    requiresOfBoth(
      `RFC 6455 §5.4: 1,000 messages of ${name} of ${sized(size)}, one by one, come back unchanged`,
      async (side) => {
        const pair = await side.open();
        const message = make(size);
        for (let count = 0; count < 1000; count += 1) {
          pair.peer.write(pair.frame(message));
          expectFrame(await pair.peer.nextFrame(), message, side);
        }
        await closesCleanly(pair, side);
      },
    );

    requiresOfBoth(
      `RFC 6455 §5.4: 1,000 messages of ${name} of ${sized(size)}, sent at once, come back in order`,
      async (side) => {
        const pair = await side.open();
        const messages = Array.from({ length: 1000 }, (_, index) => {
          const { opcode, payload } = make(Math.max(0, size - (index % 7)));
          return { opcode, payload };
        });
        pair.peer.write(Buffer.concat(messages.map((message) => pair.frame(message))));
        for (const message of messages) expectFrame(await pair.peer.nextFrame(), message, side);
        await closesCleanly(pair, side);
      },
    );
  }
}

/** Of a connection that takes messages of up to 1,000 bytes. */
const limited = { maxPayload: 1000 };

provesScenarios([
  {
    requirement: "RFC 6455 §10.4: a message as long as the limit is accepted",
    sends: (frame) => [frame(text("*".repeat(1000)))],
    answers: [text("*".repeat(1000))],
    options: limited,
    cuts: "every",
  },
  {
    requirement: "RFC 6455 §10.4: each of several messages may be as long as the limit",
    sends: (frame) => [frame(text("*".repeat(1000))), frame(text("+".repeat(1000)))],
    answers: [text("*".repeat(1000)), text("+".repeat(1000))],
    options: limited,
  },
  {
    requirement: "RFC 6455 §10.4: fragments that make up the limit are accepted",
    sends: (frame) => fragments(frame, text("*".repeat(1000)), 100),
    answers: [text("*".repeat(1000))],
    options: limited,
  },
  {
    requirement: "RFC 6455 §7.4.1: a message past the limit is refused with 1009",
    sends: (frame) => [frame(text("*".repeat(1001)))],
    failsWith: 1009,
    options: limited,
    cuts: "every",
  },
  {
    requirement:
      "RFC 6455 §7.4.1: a message past the limit is refused with 1009 by its header alone",
    sends: (frame) => [frame({ opcode: opcodes.binary, announcedLength: 2 ** 40, lengthBytes: 8 })],
    failsWith: 1009,
    options: limited,
    cuts: "every",
  },
  {
    requirement:
      "RFC 6455 §7.4.1: fragments that are past the limit together are refused with 1009",
    sends: (frame) => fragments(frame, text("*".repeat(1001)), 100),
    failsWith: 1009,
    options: limited,
    cuts: [[5000], [1]],
  },
]);

requiresOfBoth(
  "RFC 6455 §7.1.7: a message past the limit is not delivered, nor is what is behind it",
  async (side) => {
    const pair = await side.open(limited);
    const { frame } = pair;
    pair.peer.write(Buffer.concat([frame(text("*".repeat(1001))), frame(text("behind"))]));
    await failsWith(pair, side, 1009);
    expect(pair.events.filter((event) => event.startsWith("message"))).toEqual([]);
  },
);
