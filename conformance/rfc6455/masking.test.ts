import { expect } from "vitest";
import { closePayload, opcodes } from "../frame.ts";
import {
  binary,
  closesCleanly,
  expectFrame,
  failsWith,
  requiresOfBoth,
  requiresOfSide,
  text,
} from "../scenario.ts";

const keys = ["00000000", "ffffffff", "00000001", "80000000", "37fa213d"];
const everyByte = Buffer.from(Array.from({ length: 256 }, (_, index) => index));

const kinds = [
  { name: "text", parts: text("Hello") },
  { name: "binary", parts: binary(everyByte) },
  { name: "empty text", parts: text("") },
  { name: "Ping", parts: { opcode: opcodes.ping, payload: "" } },
  { name: "Pong", parts: { opcode: opcodes.pong, payload: "Hello" } },
  { name: "Close", parts: { opcode: opcodes.close, payload: closePayload(1000) } },
] as const;

for (const { name, parts } of kinds) {
  requiresOfBoth(
    `RFC 6455 §5.1: a ${name} frame that is masked the wrong way for its sender is refused with 1002`,
    async (side) => {
      for (const cut of [[1000], [1]]) {
        const pair = await side.open();
        // A client that does not mask, a server that does.
        const maskingKey = side.name === "server" ? null : Buffer.from("37fa213d", "hex");
        await pair.peer.writePieces(pair.frame({ ...parts, maskingKey }), cut);
        await failsWith(pair, side, 1002);
      }
    },
  );
}

requiresOfBoth(
  "RFC 6455 §5.1: an unmasked continuation from a client, a masked one from a server is refused with 1002",
  async (side) => {
    const pair = await side.open();
    const maskingKey = side.name === "server" ? null : Buffer.from("37fa213d", "hex");
    pair.peer.write(pair.frame({ opcode: opcodes.text, payload: "Hel", fin: false }));
    pair.peer.write(pair.frame({ opcode: opcodes.continuation, payload: "lo", maskingKey }));
    await failsWith(pair, side, 1002);
  },
);

for (const key of keys) {
  requiresOfSide("server", `RFC 6455 §5.3: the masking key ${key} is taken off`, async (side) => {
    for (const length of [0, 1, 3, 4, 5, 7, 8, 64, 255]) {
      const pair = await side.open();
      const message = binary(everyByte.subarray(0, length));
      const maskingKey = Buffer.from(key, "hex");
      await pair.peer.writePieces(pair.frame({ ...message, maskingKey }), [1]);
      expectFrame(await pair.peer.nextFrame(), message, side);
      await closesCleanly(pair, side);
    }
  });
}

requiresOfSide("client", "RFC 6455 §5.3: each frame is masked with a new key", async (side) => {
  const pair = await side.open();
  const seen = new Set<string>();
  for (let count = 0; count < 64; count += 1) {
    pair.socket.send("same");
    const frame = await pair.peer.nextFrame();
    expectFrame(frame, text("same"), side);
    seen.add(frame.maskingKey!.toString("hex"));
  }
  // Two of 64 random keys are the same once in two million runs.
  expect(seen.size).toBe(64);
  await closesCleanly(pair, side);
});

requiresOfSide(
  "client",
  "RFC 6455 §5.3: what the application sends is not changed by masking",
  async (side) => {
    const pair = await side.open();
    const data = Buffer.from(everyByte);
    pair.socket.send(data);
    expectFrame(await pair.peer.nextFrame(), binary(everyByte), side);
    expect(data.equals(everyByte)).toBe(true);
    await closesCleanly(pair, side);
  },
);
