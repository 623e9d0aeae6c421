import { expect } from "vitest";
import { closePayload, opcodes } from "../frame.ts";
import {
  closesCleanly,
  type ExpectedFrame,
  expectFrame,
  failsWith,
  provesScenarios,
  requiresOfBoth,
  requiresOfSide,
  type Scenario,
  text,
} from "../scenario.ts";
import type { Pair, Side } from "../sides.ts";

const close = (payload: Uint8Array | string = ""): ExpectedFrame => ({
  opcode: opcodes.close,
  payload: Buffer.from(payload),
});

/** Codes that may be in a Close frame (RFC 6455 §7.4 and the IANA registry). */
const legalCodes = [
  1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3001, 3999, 4000,
  4001, 4999,
];

/** Codes that may not: reserved, unassigned, out of range. */
const illegalCodes = [
  0, 1, 999, 1004, 1005, 1006, 1015, 1016, 1100, 1999, 2000, 2999, 5000, 9999, 32_768, 65_535,
];

const reasons = [
  { name: "of 1 byte", reason: "a" },
  { name: "of 122 bytes", reason: "b".repeat(122) },
  { name: "of 123 bytes", reason: "c".repeat(123) },
  { name: "in Greek", reason: "\u03ba\u1f79\u03c3\u03bc\u03b5" },
  { name: "with a non-character", reason: "\uffff" },
];

const badReasons = ["ff", "c0af", "eda080", "f4908080", "80", "cebae1bd"];

/** The peer closes with `payload`; the implementation answers the same and reports it. */
async function isEchoed(pair: Pair, side: Side, payload: Buffer, cut: number[]): Promise<void> {
  const { peer, frame } = pair;
  await peer.writePieces(frame(close(payload)), cut);
  expectFrame(await peer.nextFrame(), close(payload), side);
  if (side.name === "client") peer.end();
  expect(await peer.framesUntilEnd(), "frames after the Close frame").toEqual([]);
  peer.end();
  const code = payload.length === 0 ? 1005 : payload.readUInt16BE();
  const reason = payload.subarray(2).toString();
  expect(await pair.closed).toEqual({ code, reason });
}

/** Whole, byte by byte, and split at each place of the header and the code. */
const closeCuts = [[200], [1], [1, 200], [2, 200], [3, 200], [4, 200], [6, 200], [7, 200]];

requiresOfBoth(
  "RFC 6455 §5.5.1: a Close frame without a code is answered, and reported as 1005",
  async (side) => {
    for (const cut of closeCuts) await isEchoed(await side.open(), side, Buffer.alloc(0), cut);
  },
);

for (const code of legalCodes) {
  requiresOfBoth(
    `RFC 6455 §7.4: the close code ${code} is answered with the same code, and reported`,
    async (side) => {
      for (const cut of closeCuts) await isEchoed(await side.open(), side, closePayload(code), cut);
    },
  );
}

for (const { name, reason } of reasons) {
  requiresOfBoth(`RFC 6455 §5.5.1: a reason ${name} is reported`, async (side) => {
    for (const cut of closeCuts) {
      await isEchoed(await side.open(), side, closePayload(3000, reason), cut);
    }
  });
}

const refusedCodes = illegalCodes.flatMap((code): Scenario[] =>
  ["", "a reason"].map((reason) => ({
    requirement: `RFC 6455 §7.4: the close code ${code} ${reason === "" ? "alone" : "with a reason"} is refused with 1002`,
    sends: (frame) => [frame(close(closePayload(code, reason)))],
    failsWith: 1002,
    cuts: "every",
  })),
);

const refusedReasons = badReasons.map(
  (hex): Scenario => ({
    requirement: `RFC 6455 §5.5.1: the reason ${hex}, which is not UTF-8, is refused with 1007`,
    sends: (frame) => [frame(close(closePayload(1000, Buffer.from(hex, "hex"))))],
    failsWith: 1007,
    cuts: "every",
  }),
);

provesScenarios([
  ...refusedCodes,
  ...refusedReasons,
  {
    requirement: "RFC 6455 §5.5.1: a Close frame of 1 byte is refused with 1002",
    sends: (frame) => [frame(close("a"))],
    failsWith: 1002,
    cuts: "every",
  },
  {
    requirement: "RFC 6455 §5.5.1: the byte behind a Close frame of 1 byte is no part of its code",
    // With the byte that follows it would be the code 1000.
    sends: (frame) => [frame(close(Buffer.of(0x03))), Buffer.of(0xe8)],
    failsWith: 1002,
    cuts: "every",
  },
  {
    requirement: "RFC 6455 §5.5: a Close frame with a reason of 124 bytes is refused with 1002",
    sends: (frame) => [frame(close(closePayload(1000, "r".repeat(124))))],
    failsWith: 1002,
    cuts: "every",
  },
  {
    requirement: "RFC 6455 §7.1.7: a message before a bad Close frame is still delivered",
    sends: (frame) => [frame(text("before")), frame(close(closePayload(1005)))],
    answers: [text("before")],
    failsWith: 1002,
    cuts: "every",
  },
]);

/** What may come behind a Close frame; none of it may have an effect. */
const behind = [
  { name: "a message", parts: text("behind") },
  { name: "a Ping", parts: { opcode: opcodes.ping, payload: "behind" } },
  { name: "a second Close frame", parts: close(closePayload(1001)) },
  { name: "a frame that breaks the protocol", parts: { opcode: 3, payload: "behind" } },
] as const;

for (const { name, parts } of behind) {
  requiresOfBoth(`RFC 6455 §1.4: ${name} behind a Close frame is ignored`, async (side) => {
    for (const cut of [[1000], [1], [8, 100]]) {
      const pair = await side.open();
      const bytes = [pair.frame(close(closePayload(1000, ""))), pair.frame(parts)];
      await pair.peer.writePieces(Buffer.concat(bytes), cut);
      expectFrame(await pair.peer.nextFrame(), close(closePayload(1000)), side);
      if (side.name === "client") pair.peer.end();
      expect(await pair.peer.framesUntilEnd()).toEqual([]);
      pair.peer.end();
      await pair.closed;
      expect(pair.events).toEqual(["close 1000"]);
    }
  });
}

requiresOfBoth(
  "RFC 6455 §5.4: a Close frame within a fragmented message closes, and the message is lost",
  async (side) => {
    for (const cut of [[1000], [1]]) {
      const pair = await side.open();
      const { frame } = pair;
      const bytes = [
        frame({ opcode: opcodes.text, payload: "frag", fin: false }),
        frame(close(closePayload(1000))),
        frame({ opcode: opcodes.continuation, payload: "ment" }),
      ];
      await pair.peer.writePieces(Buffer.concat(bytes), cut);
      expectFrame(await pair.peer.nextFrame(), close(closePayload(1000)), side);
      if (side.name === "client") pair.peer.end();
      expect(await pair.peer.framesUntilEnd()).toEqual([]);
      pair.peer.end();
      await pair.closed;
      expect(pair.events).toEqual(["close 1000"]);
    }
  },
);

requiresOfBoth(
  "RFC 6455 §7.1.4: messages and Pings before a Close frame in the same packet are answered",
  async (side) => {
    const pair = await side.open();
    const { frame } = pair;
    const bytes = [
      frame(text("last words")),
      frame({ opcode: opcodes.ping, payload: "?" }),
      frame(close(closePayload(1000))),
    ];
    pair.peer.write(Buffer.concat(bytes));
    expectFrame(await pair.peer.nextFrame(), text("last words"), side);
    expectFrame(
      await pair.peer.nextFrame(),
      { opcode: opcodes.pong, payload: Buffer.from("?") },
      side,
    );
    expectFrame(await pair.peer.nextFrame(), close(closePayload(1000)), side);
    if (side.name === "client") pair.peer.end();
    expect(await pair.peer.framesUntilEnd()).toEqual([]);
  },
);

for (const code of [undefined, 1000, 1001, 1012, 3000, 4999]) {
  requiresOfBoth(
    `RFC 6455 §7.1.2: closing with ${code === undefined ? "no code" : `the code ${code}`} sends one Close frame, and waits for the answer`,
    async (side) => {
      const pair = await side.open();
      const reason = code === undefined ? "" : "the reason";
      const payload = code === undefined ? "" : closePayload(code, reason);
      if (code === undefined) pair.socket.close();
      else pair.socket.close(code, reason);
      pair.socket.close(1000);
      expectFrame(await pair.peer.nextFrame(), close(payload), side);
      pair.peer.write(pair.frame(close(payload)));
      if (side.name === "client") pair.peer.end();
      expect(await pair.peer.framesUntilEnd()).toEqual([]);
      pair.peer.end();
      expect(await pair.closed).toEqual({ code: code ?? 1005, reason });
    },
  );
}

requiresOfBoth(
  "RFC 6455 §5.5.1: no message is sent behind the own Close frame, and those that come are delivered",
  async (side) => {
    const pair = await side.open();
    pair.socket.close(1000);
    pair.socket.send("too late", () => {});
    expectFrame(await pair.peer.nextFrame(), close(closePayload(1000)), side);
    pair.peer.write(pair.frame(text("still open on this side")));
    pair.peer.write(pair.frame(close(closePayload(1000))));
    if (side.name === "client") pair.peer.end();
    expect(await pair.peer.framesUntilEnd()).toEqual([]);
    pair.peer.end();
    await pair.closed;
    expect(pair.events).toEqual(["message text 23", "close 1000"]);
  },
);

requiresOfBoth(
  "RFC 6455 §7.1.5: Close frames that cross are both accepted, and the peer's is reported",
  async (side) => {
    const pair = await side.open();
    pair.socket.close(1000, "mine");
    pair.peer.write(pair.frame(close(closePayload(3001, "yours"))));
    expectFrame(await pair.peer.nextFrame(), close(closePayload(1000, "mine")), side);
    if (side.name === "client") pair.peer.end();
    expect(await pair.peer.framesUntilEnd()).toEqual([]);
    pair.peer.end();
    expect(await pair.closed).toEqual({ code: 3001, reason: "yours" });
  },
);

requiresOfBoth(
  "RFC 6455 §7.1.5: a connection that ends without a Close frame is reported as 1006",
  async (side) => {
    for (const start of [0, 1, 2, 6]) {
      const pair = await side.open();
      pair.peer.write(pair.frame(text("Hello")).subarray(0, start));
      pair.peer.end();
      expect(await pair.peer.framesUntilEnd()).toEqual([]);
      expect(await pair.closed).toEqual({ code: 1006, reason: "" });
    }
  },
);

requiresOfBoth("RFC 6455 §7.1.5: a connection that is reset is reported as 1006", async (side) => {
  const pair = await side.open();
  pair.peer.socket.resetAndDestroy();
  expect((await pair.closed).code).toBe(1006);
});

requiresOfSide(
  "server",
  "RFC 6455 §7.1.1: a server hangs up first once both Close frames were sent",
  async (side) => {
    const pair = await side.open();
    pair.peer.write(pair.frame(close(closePayload(1000))));
    // The raw peer has not ended its own half, and sees the end of the other one.
    await pair.peer.framesUntilEnd();
    expect(pair.peer.socket.writableEnded).toBe(false);
    pair.peer.end();
    await pair.closed;
  },
);

requiresOfSide(
  "client",
  "RFC 6455 §7.1.1: a client leaves it to the server to hang up, and follows",
  async (side) => {
    const pair = await side.open();
    pair.peer.write(pair.frame(close(closePayload(1000))));
    expectFrame(await pair.peer.nextFrame(), close(closePayload(1000)), side);
    pair.peer.end();
    await pair.peer.framesUntilEnd();
    expect((await pair.closed).code).toBe(1000);
  },
);

for (const code of [0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, 65_536]) {
  requiresOfBoth(
    `RFC 6455 §7.4: the application cannot close with the code ${code}`,
    async (side) => {
      const pair = await side.open();
      expect(() => pair.socket.close(code)).toThrow();
      await closesCleanly(pair, side);
    },
  );
}

requiresOfBoth(
  "RFC 6455 §5.5: the application cannot close with a reason of 124 bytes",
  async (side) => {
    const pair = await side.open();
    expect(() => pair.socket.close(1000, "\u00e9".repeat(62))).toThrow(RangeError);
    await closesCleanly(pair, side);
  },
);

requiresOfBoth(
  "RFC 6455 §7.1.7: a failed connection answers no more, and a Close frame behind the fault is ignored",
  async (side) => {
    const pair = await side.open();
    const { frame } = pair;
    const bytes = [frame({ opcode: 3 }), frame(text("late")), frame(close(closePayload(1000)))];
    pair.peer.write(Buffer.concat(bytes));
    await failsWith(pair, side, 1002);
    expect(pair.events.filter((event) => event.startsWith("message"))).toEqual([]);
  },
);
