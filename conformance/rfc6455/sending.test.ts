import { expect } from "vitest";
import { type Frame, opcodes } from "../frame.ts";
import {
  binary,
  closesCleanly,
  expectFrame,
  expectMasking,
  pong,
  requiresOfBoth,
  text,
} from "../scenario.ts";
import type { Side } from "../sides.ts";

const lengths = [0, 1, 124, 125, 126, 127, 128, 255, 256, 65_535, 65_536, 65_537, 1 << 20];

/** How many bytes of extended length a payload needs (RFC 6455 §5.2). */
function shortest(length: number): number {
  return length < 126 ? 0 : length < 0x1_0000 ? 2 : 8;
}

for (const length of lengths) {
  requiresOfBoth(
    `RFC 6455 §5.2: a message of ${length} bytes is sent with the shortest form of its length`,
    async (side) => {
      const pair = await side.open();
      for (const message of [text("*".repeat(length)), binary(Buffer.alloc(length, 0xfe))]) {
        pair.socket.send(message.payload, { binary: message.opcode === opcodes.binary });
        const frame = await pair.peer.nextFrame();
        expectFrame(frame, message, side);
        expect(frame.lengthBytes, "bytes of extended length").toBe(shortest(length));
      }
      await closesCleanly(pair, side);
    },
  );
}

const data = [
  { name: "a string as text", value: "h\u00e9llo", expected: text("h\u00e9llo") },
  { name: "an empty string as text", value: "", expected: text("") },
  {
    name: "a Buffer as binary data",
    value: Buffer.from([1, 2]),
    expected: binary(Buffer.of(1, 2)),
  },
  {
    name: "a view as its own bytes alone",
    value: new Uint8Array([0, 1, 2, 3]).subarray(1, 3),
    expected: binary(Buffer.of(1, 2)),
  },
  {
    name: "an ArrayBuffer as binary data",
    value: new Uint8Array([1, 2]).buffer,
    expected: binary(Buffer.of(1, 2)),
  },
  {
    name: "a lone surrogate as U+FFFD, for text is UTF-8",
    value: "a\ud800b",
    expected: text("a\ufffdb"),
  },
];

for (const { name, value, expected } of data) {
  requiresOfBoth(`RFC 6455 §5.6: the application's ${name}`, async (side) => {
    const pair = await side.open();
    pair.socket.send(value);
    expectFrame(await pair.peer.nextFrame(), expected, side);
    await closesCleanly(pair, side);
  });
}

/** Takes frames up to the end of a message, and gives those of control apart. */
async function takeFragments(nextFrame: () => Promise<Frame>, side: Side) {
  const fragments: Frame[] = [];
  const controls: Frame[] = [];
  while (fragments.at(-1)?.fin !== true) {
    const frame = await nextFrame();
    expectMasking(frame, side);
    expect(frame.reserved, "reserved bits").toBe(0);
    (frame.opcode < 8 ? fragments : controls).push(frame);
  }
  return { fragments, controls };
}

const fragmentSizes = [0, 1, 125, 126, 1300, 65_536];

for (const size of fragmentSizes) {
  for (const name of ["text", "binary"] as const) {
    requiresOfBoth(
      `RFC 6455 §5.4: a ${name} message that is sent in parts of ${size} bytes is one message in as many fragments`,
      async (side) => {
        const pair = await side.open();
        const parts = ["a", "b", "c", "d"].map((letter) => Buffer.from(letter.repeat(size)));
        for (const [index, part] of parts.entries()) {
          pair.socket.send(part, { fin: index === 3, binary: name === "binary" });
        }
        const { fragments } = await takeFragments(() => pair.peer.nextFrame(), side);
        expect(fragments.map((frame) => frame.opcode)).toEqual([opcodes[name], 0, 0, 0]);
        expect(fragments.map((frame) => frame.fin)).toEqual([false, false, false, true]);
        expect(fragments.every((frame, at) => frame.payload.equals(parts[at]!))).toBe(true);
        await closesCleanly(pair, side);
      },
    );
  }
}

requiresOfBoth(
  "RFC 6455 §5.4: 64 KiB sent in parts of 1,300 bytes arrive unchanged",
  async (side) => {
    const pair = await side.open();
    const whole = Buffer.alloc(65_536, "fragments of a message ");
    for (let at = 0; at < whole.length; at += 1300) {
      const part = whole.subarray(at, at + 1300);
      pair.socket.send(part, { fin: at + 1300 >= whole.length, binary: false });
    }
    const { fragments } = await takeFragments(() => pair.peer.nextFrame(), side);
    expect(fragments.length).toBe(51);
    expect(Buffer.concat(fragments.map((frame) => frame.payload)).equals(whole)).toBe(true);
    await closesCleanly(pair, side);
  },
);

requiresOfBoth(
  "RFC 6455 §5.4: Pings and Pongs may be sent between the parts of a message",
  async (side) => {
    const pair = await side.open();
    pair.socket.send("frag", { fin: false });
    pair.socket.ping("between");
    // The peer's Ping is answered although a message is under way.
    pair.peer.write(pair.frame({ opcode: opcodes.ping, payload: "asked" }));
    const first = await pair.peer.nextFrame();
    expect(first).toMatchObject({ opcode: opcodes.text, fin: false });
    expectFrame(
      await pair.peer.nextFrame(),
      { opcode: opcodes.ping, payload: Buffer.from("between") },
      side,
    );
    expectFrame(await pair.peer.nextFrame(), pong("asked"), side);
    pair.socket.send("ment", { fin: true });
    const { fragments } = await takeFragments(() => pair.peer.nextFrame(), side);
    expect(fragments).toHaveLength(1);
    expect(fragments[0]).toMatchObject({ opcode: opcodes.continuation, fin: true });
    expect(fragments[0]?.payload.toString()).toBe("ment");
    await closesCleanly(pair, side);
  },
);

requiresOfBoth("RFC 6455 §5.4: whole messages behind one in parts are sent whole", async (side) => {
  const pair = await side.open();
  pair.socket.send("a", { fin: false });
  pair.socket.send("b", { fin: true });
  pair.socket.send("c");
  const { fragments } = await takeFragments(() => pair.peer.nextFrame(), side);
  expect(fragments.map((frame) => frame.payload.toString())).toEqual(["a", "b"]);
  expectFrame(await pair.peer.nextFrame(), text("c"), side);
  await closesCleanly(pair, side);
});

requiresOfBoth(
  "RFC 6455 §5.4: a thousand messages of an application are sent in their order",
  async (side) => {
    const pair = await side.open();
    for (let count = 0; count < 1000; count += 1) pair.socket.send(`message ${count}`);
    for (let count = 0; count < 1000; count += 1) {
      expectFrame(await pair.peer.nextFrame(), text(`message ${count}`), side);
    }
    await closesCleanly(pair, side);
  },
);
