import { isUtf8 } from "node:buffer";
import { expect, test } from "vitest";
import { opcodes } from "../frame.ts";
import {
  binary,
  failsWith,
  provesScenarios,
  requiresOfBoth,
  type Scenario,
  text,
} from "../scenario.ts";
import type { FrameMaker } from "../sides.ts";
import { firstImpossible, invalidUtf8, octetsOf, validUtf8 } from "./utf8-catalogue.ts";

/** A text message in fragments of `size` octets, between two empty ones. */
function fragments(frame: FrameMaker, octets: Buffer, size: number): Buffer[] {
  const frames = [frame({ opcode: opcodes.text, fin: false })];
  for (let at = 0; at < octets.length; at += size) {
    const payload = octets.subarray(at, at + size);
    frames.push(frame({ opcode: opcodes.continuation, payload, fin: false }));
  }
  return [...frames, frame({ opcode: opcodes.continuation })];
}

/** Whole, cut once at each octet, and octet by octet. */
const cuts = "every";

const valid = validUtf8.flatMap((row): Scenario[] => {
  const octets = octetsOf(row);
  return [
    {
      requirement: `RFC 6455 §5.6: text with ${row.name} comes back unchanged`,
      sends: (frame) => [frame(text(octets))],
      answers: [text(octets)],
      cuts,
    },
    {
      requirement: `RFC 6455 §5.6: text with ${row.name} in a fragment for each octet is whole`,
      sends: (frame) => fragments(frame, octets, 1),
      answers: [text(octets)],
      cuts: [[10_000], [1]],
    },
  ];
});

const invalid = invalidUtf8.flatMap((row): Scenario[] => {
  const octets = octetsOf(row);
  return [
    {
      requirement: `RFC 6455 §8.1: text with ${row.name} is refused with 1007`,
      sends: (frame) => [frame(text(octets))],
      failsWith: 1007,
      cuts,
    },
    {
      requirement: `RFC 6455 §8.1: text with ${row.name} in a fragment for each octet is refused with 1007`,
      sends: (frame) => fragments(frame, octets, 1),
      failsWith: 1007,
      cuts: [[10_000], [1]],
    },
    {
      requirement: `RFC 6455 §5.6: binary data with ${row.name} is left alone`,
      sends: (frame) => [frame(binary(octets))],
      answers: [binary(octets)],
    },
  ];
});

const greek = Buffer.from("\u03ba\u1f79\u03c3\u03bc\u03b5");

const prefixes = Array.from({ length: greek.length }, (_, length): Scenario => {
  const octets = greek.subarray(0, length);
  const isWhole = firstImpossible(octets) === length && isUtf8(octets);
  return {
    requirement: `RFC 6455 §8.1: text that ends after ${length} of ${greek.length} octets of Greek is ${isWhole ? "accepted" : "refused with 1007"}`,
    sends: (frame) => [frame(text(octets))],
    ...(isWhole ? { answers: [text(octets)] } : { failsWith: 1007 }),
    cuts,
  };
});

const across: Scenario[] = [
  {
    requirement: "RFC 6455 §5.6: text without octets is a message",
    sends: (frame) => [frame(text(""))],
    answers: [text("")],
    cuts,
  },
  {
    requirement: "RFC 6455 §5.6: a character may be cut by fragments anywhere",
    sends: (frame) => [2, 3, 5, 7].flatMap((size) => fragments(frame, greek, size)),
    answers: [2, 3, 5, 7].map(() => text(greek)),
    cuts: [[10_000], [1]],
  },
  {
    requirement: "RFC 6455 §5.6: a Ping inside a character that fragments cut does no harm",
    sends: (frame) => [
      frame({ opcode: opcodes.text, payload: greek.subarray(0, 3), fin: false }),
      frame({ opcode: opcodes.ping, payload: Buffer.from([0xff]) }),
      frame({ opcode: opcodes.continuation, payload: greek.subarray(3) }),
    ],
    answers: [{ opcode: opcodes.pong, payload: Buffer.from([0xff]) }, text(greek)],
    cuts,
  },
  {
    requirement: "RFC 6455 §8.1: a character left open by one message is not finished by the next",
    sends: (frame) => [
      frame({ opcode: opcodes.text, payload: Buffer.from([0xce]), fin: false }),
      frame({ opcode: opcodes.continuation }),
      frame(text(Buffer.from([0xba]))),
    ],
    failsWith: 1007,
    cuts,
  },
  {
    requirement: "RFC 6455 §8.1: a character behind much ASCII is still checked",
    sends: (frame) => [
      frame(text(Buffer.concat([Buffer.alloc(5000, 0x61), Buffer.from([0xed, 0xa0, 0x80])]))),
    ],
    failsWith: 1007,
    cuts: [[10_000], [997]],
  },
];

provesScenarios([...valid, ...invalid, ...prefixes, ...across]);

/** Announced, and never sent: what is refused is refused before the message is complete. */
const OUTSTANDING = 1000;

for (const row of invalidUtf8) {
  const octets = octetsOf(row);
  const upTo = firstImpossible(octets) + 1;
  // What only lacks its end is possible until then.
  if (upTo > octets.length) continue;
  const start = octets.subarray(0, upTo);

  requiresOfBoth(
    `RFC 6455 §8.1 (fail fast): ${row.name} is refused at octet ${upTo}, before its frame is complete`,
    async (side) => {
      for (const cut of [[start.length + 16], [1]]) {
        const pair = await side.open();
        const whole = Buffer.concat([start, Buffer.alloc(OUTSTANDING)]);
        const frame = pair.frame(text(whole));
        await pair.peer.writePieces(frame.subarray(0, frame.length - OUTSTANDING), cut);
        await failsWith(pair, side, 1007);
      }
    },
  );

  requiresOfBoth(
    `RFC 6455 §8.1 (fail fast): ${row.name} is refused at octet ${upTo}, before its message is complete`,
    async (side) => {
      const pair = await side.open();
      // A start, and no continuation that would end the message.
      const frames = fragments(pair.frame, start, 1).slice(0, -1);
      await pair.peer.writePieces(Buffer.concat(frames), [10_000]);
      await failsWith(pair, side, 1007);
    },
  );
}

test("the catalogue: each row is what it is listed as, and each fault is where it is said to be", () => {
  for (const row of validUtf8) {
    expect(isUtf8(octetsOf(row)), row.name).toBe(true);
    expect(firstImpossible(octetsOf(row)), row.name).toBe(octetsOf(row).length);
  }
  for (const row of invalidUtf8) {
    const octets = octetsOf(row);
    expect(isUtf8(octets), row.name).toBe(false);
    const decoder = new TextDecoder("utf-8", { fatal: true });
    const before = octets.subarray(0, firstImpossible(octets));
    expect(() => decoder.decode(before, { stream: true }), row.name).not.toThrow();
  }
});
