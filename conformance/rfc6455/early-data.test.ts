import { expect } from "vitest";
import { closePayload, opcodes } from "../frame.ts";
import {
  binary,
  closesCleanly,
  type ExpectedFrame,
  expectFrame,
  failsWith,
  pong,
  requiresOfBoth,
  text,
} from "../scenario.ts";
import { type FrameMaker, frameMaker } from "../sides.ts";

interface Row {
  readonly name: string;
  readonly sends: (frame: FrameMaker) => readonly Buffer[];
  readonly answers: readonly ExpectedFrame[];
}

/** Frames that leave in one packet with the handshake, and what must come back. */
const rows: readonly Row[] = [
  {
    name: "a message",
    sends: (frame) => [frame(text("early"))],
    answers: [text("early")],
  },
  {
    name: "messages and a Ping",
    sends: (frame) => [
      frame(text("one")),
      frame({ opcode: opcodes.ping, payload: "?" }),
      frame(binary(Buffer.alloc(3000, 2))),
    ],
    answers: [text("one"), pong("?"), binary(Buffer.alloc(3000, 2))],
  },
  {
    name: "a message in fragments",
    sends: (frame) => [
      frame({ opcode: opcodes.text, payload: "frag", fin: false }),
      frame({ opcode: opcodes.continuation, payload: "ment" }),
    ],
    answers: [text("fragment")],
  },
];

for (const { name, sends, answers } of rows) {
  requiresOfBoth(
    `RFC 6455 §4.1: ${name} in the same packet as the handshake is delivered`,
    async (side) => {
      const pair = await side.open({ early: (frame) => Buffer.concat(sends(frame)) });
      for (const answer of answers) expectFrame(await pair.peer.nextFrame(), answer, side);
      await closesCleanly(pair, side);
    },
  );
}

requiresOfBoth(
  "RFC 6455 §4.1: a frame that the handshake's packet cuts anywhere is delivered",
  async (side) => {
    const bytes = frameMaker(side.name === "server")(text("early"));
    for (let at = 1; at < bytes.length; at += 1) {
      const pair = await side.open({ early: () => bytes.subarray(0, at) });
      pair.peer.write(bytes.subarray(at));
      expectFrame(await pair.peer.nextFrame(), text("early"), side);
      await closesCleanly(pair, side);
    }
  },
);

requiresOfBoth(
  "RFC 6455 §4.1: a Close frame in the same packet as the handshake is answered",
  async (side) => {
    const payload = closePayload(1001, "bye");
    const pair = await side.open({ early: (frame) => frame({ opcode: opcodes.close, payload }) });
    expectFrame(await pair.peer.nextFrame(), { opcode: opcodes.close, payload }, side);
    if (side.name === "client") pair.peer.end();
    expect(await pair.peer.framesUntilEnd()).toEqual([]);
    pair.peer.end();
    expect(await pair.closed).toEqual({ code: 1001, reason: "bye" });
  },
);

requiresOfBoth(
  "RFC 6455 §4.1: garbage in the same packet as the handshake is refused with 1002",
  async (side) => {
    const pair = await side.open({ early: () => Buffer.from("GET / HTTP/1.1\r\n\r\n") });
    await failsWith(pair, side, 1002);
  },
);
