import { expect } from "vitest";
import { opcodes } from "../frame.ts";
import {
  binary,
  closesCleanly,
  expectFrame,
  pong,
  provesScenarios,
  requiresOfBoth,
  type Scenario,
  text,
} from "../scenario.ts";

const ping = (payload: string | Uint8Array = "") => ({ opcode: opcodes.ping, payload });
const unsolicited = (payload: string | Uint8Array = "") => ({ opcode: opcodes.pong, payload });

const everyByte = Buffer.from(Array.from({ length: 125 }, (_, index) => 255 - index));
const notText = Buffer.from([0x00, 0xff, 0xfe, 0xfd, 0xfc, 0xfb, 0x00, 0xff]);

const sizes = [0, 1, 5, 124, 125].map((length): Scenario => {
  const payload = everyByte.subarray(0, length);
  return {
    requirement: `RFC 6455 §5.5.2: a Ping of ${length} bytes is answered with a Pong of the same bytes`,
    sends: (frame) => [frame(ping(payload))],
    answers: [pong(payload)],
    cuts: "every",
  };
});

const tooLong = [126, 127, 200, 65_536].flatMap((length) =>
  (["ping", "pong"] as const).map(
    (name): Scenario => ({
      requirement: `RFC 6455 §5.5: a ${name} of ${length} bytes is refused with 1002`,
      sends: (frame) => [frame({ opcode: opcodes[name], payload: Buffer.alloc(length, 0xfe) })],
      failsWith: 1002,
      cuts: length < 256 ? "every" : [[length + 14], [1, 1, 1, length]],
    }),
  ),
);

const longForms = ([2, 8] as const).map(
  (lengthBytes): Scenario => ({
    requirement: `RFC 6455 §5.5: a ping whose length is written in ${lengthBytes} bytes is refused with 1002`,
    sends: (frame) => [frame({ ...ping("Hello"), lengthBytes })],
    failsWith: 1002,
    cuts: "every",
  }),
);

const many = Array.from({ length: 10 }, (_, index) => `ping ${index}`);

provesScenarios([
  ...sizes,
  ...tooLong,
  ...longForms,
  {
    requirement: "RFC 6455 §5.5.2: a Ping may hold bytes that are no text",
    sends: (frame) => [frame(ping(notText))],
    answers: [pong(notText)],
    cuts: "every",
  },
  {
    requirement: "RFC 6455 §5.5.3: an unsolicited Pong without payload is not answered",
    sends: (frame) => [frame(unsolicited())],
    cuts: "every",
  },
  {
    requirement: "RFC 6455 §5.5.3: an unsolicited Pong with payload is not answered",
    sends: (frame) => [frame(unsolicited("nobody asked"))],
    cuts: "every",
  },
  {
    requirement: "RFC 6455 §5.5.3: a Ping behind an unsolicited Pong is answered",
    sends: (frame) => [frame(unsolicited("nobody asked")), frame(ping("asked"))],
    answers: [pong("asked")],
    cuts: "every",
  },
  {
    requirement: "RFC 6455 §5.5.2: ten Pings are answered in their order",
    sends: (frame) => many.map((payload) => frame(ping(payload))),
    answers: many.map((payload) => pong(payload)),
    cuts: "every",
  },
  {
    requirement: "RFC 6455 §5.5.2: Pings between messages are answered in their place",
    sends: (frame) => [
      frame(text("one")),
      frame(ping("first")),
      frame(binary(Buffer.from([2]))),
      frame(ping("second")),
    ],
    answers: [text("one"), pong("first"), binary(Buffer.from([2])), pong("second")],
    cuts: "every",
  },
]);

requiresOfBoth(
  "RFC 6455 §5.5.2: of a thousand Pings each one is answered, in their order",
  async (side) => {
    const pair = await side.open();
    for (let first = 0; first < 1000; first += 10) {
      const batch = Array.from({ length: 10 }, (_, index) => `${first + index}`);
      pair.peer.write(Buffer.concat(batch.map((payload) => pair.frame(ping(payload)))));
      for (const payload of batch) expectFrame(await pair.peer.nextFrame(), pong(payload), side);
    }
    await closesCleanly(pair, side);
  },
);

requiresOfBoth(
  "RFC 6455 §5.5.2: the application is told of Pings and Pongs, and their payload",
  async (side) => {
    const pair = await side.open();
    const heard: string[] = [];
    pair.socket.on("ping", (data) => heard.push(`ping ${data.toString()}`));
    pair.socket.on("pong", (data) => heard.push(`pong ${data.toString()}`));
    pair.peer.write(pair.frame(ping("hello")));
    pair.peer.write(pair.frame(unsolicited("there")));
    expectFrame(await pair.peer.nextFrame(), pong("hello"), side);
    await closesCleanly(pair, side);
    expect(heard).toEqual(["ping hello", "pong there"]);
  },
);

requiresOfBoth(
  "RFC 6455 §5.5.2: the application can send Pings and Pongs of 0 to 125 bytes",
  async (side) => {
    const pair = await side.open();
    for (const length of [0, 1, 125]) {
      const payload = everyByte.subarray(0, length);
      pair.socket.ping(payload);
      expectFrame(await pair.peer.nextFrame(), { opcode: opcodes.ping, payload }, side);
      pair.socket.pong(payload);
      expectFrame(await pair.peer.nextFrame(), { opcode: opcodes.pong, payload }, side);
    }
    await closesCleanly(pair, side);
  },
);

requiresOfBoth(
  "RFC 6455 §5.5: the application cannot send a Ping or Pong of 126 bytes",
  async (side) => {
    const pair = await side.open();
    expect(() => pair.socket.ping(Buffer.alloc(126))).toThrow(RangeError);
    expect(() => pair.socket.pong(Buffer.alloc(126))).toThrow(RangeError);
    await closesCleanly(pair, side);
  },
);
