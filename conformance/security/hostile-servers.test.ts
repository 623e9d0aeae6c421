import { deflateRawSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { encodeFrame, type FrameParts, rsv } from "../frame.ts";
import { ClientVictim, type Ending, switching } from "./client-victim.ts";

const MEBIBYTE = 1024 * 1024;
/** What all this may cost at its peak, the attack's own bytes in flight included. */
const GROWN_BYTES = 48 * MEBIBYTE;
const deflate = "Sec-WebSocket-Extensions: permessage-deflate";
const nothing = Buffer.alloc(0);

let client: ClientVictim;
let descriptors: number;

beforeAll(async () => {
  client = new ClientVictim();
  // The first connection opens what stays open for all.
  descriptors = (await client.meets(() => "HTTP/1.1 404 Not Found", nothing)).descriptors;
});

afterAll(() => client.stop());

/** A frame as servers send it. */
function frame(parts: Omit<FrameParts, "maskingKey">): Buffer {
  return encodeFrame({ maskingKey: null, ...parts });
}

/** The connection has failed as it must, and nothing else has happened. */
function expectEnding(ending: Ending, failure: string): void {
  expect(ending.failure).toContain(failure);
  expect(ending.unhandled).toEqual([]);
  expect(ending.descriptors).toBeLessThanOrEqual(descriptors);
  expect(ending.grownBytes).toBeLessThan(GROWN_BYTES);
}

describe("F1 (CVE-2026-12151), our client", () => {
  it("gives up on endless empty fragments", async () => {
    const fragment = frame({ opcode: 0, fin: false });
    const fragments = Array.from({ length: 300_000 }, () => fragment);
    const bytes = Buffer.concat([frame({ opcode: 1, fin: false }), ...fragments]);
    expectEnding(await client.meets(switching(), bytes), "WS_ERR_TOO_MANY_BUFFERED_PARTS");
  });
});

describe("F3 (CVE-2026-1526), our client", () => {
  it("gives up on a deflate bomb at its maxPayload", async () => {
    const bomb = deflateRawSync(Buffer.alloc(256 * MEBIBYTE), { finishFlush: 2 }).subarray(0, -4);
    const bytes = frame({ opcode: 2, payload: bomb, reserved: rsv[1] });
    const ending = await client.meets(switching(deflate), bytes, { maxPayload: MEBIBYTE });
    expectEnding(ending, "WS_ERR_UNSUPPORTED_MESSAGE_LENGTH");
  });
});

describe("F4 (CVE-2026-2229), our client", () => {
  it.each(["7", "16", "0", "-1", "1000", "x", ""])(
    "fails the handshake for window bits %j",
    async (bits) => {
      for (const side of ["server", "client"]) {
        const extensions = `${deflate}; ${side}_max_window_bits=${bits}`;
        const message = frame({ opcode: 2, payload: "x", reserved: rsv[1] });
        const ending = await client.meets(switching(extensions), message);
        expectEnding(ending, "Sec-WebSocket-Extensions");
      }
    },
  );
});

describe("H3 (GHSA-5v72-xg48-5rpm), our client", () => {
  it.each([
    ["constructor", "an extension that was not requested"],
    ["__proto__", "an extension that was not requested"],
    [",;constructor", "Sec-WebSocket-Extensions"],
    ["permessage-deflate; constructor", "Sec-WebSocket-Extensions"],
  ])("fails the handshake for an extension %s", async (extension, failure) => {
    const field = `Sec-WebSocket-Extensions: ${extension}`;
    expectEnding(await client.meets(switching(field), nothing), failure);
  });
});

describe("F5 (CVE-2026-1528), our client", () => {
  it.each([2n ** 53n, 2n ** 63n, 2n ** 64n - 1n])(
    "gives up on a length of %s",
    async (announcedLength) => {
      const bytes = frame({ opcode: 2, payload: "x", lengthBytes: 8, announcedLength });
      const ending = await client.meets(switching(), bytes);
      expectEnding(ending, "WS_ERR_UNSUPPORTED_DATA_PAYLOAD_LENGTH");
    },
  );
});

describe("F6 (CVE-2026-9675), our client", () => {
  it("gives up on fragments that are over its maxPayload in sum", async () => {
    const payload = Buffer.alloc(100_000);
    const bytes = Buffer.concat(
      Array.from({ length: 12 }, (_, at) =>
        frame({ opcode: at === 0 ? 2 : 0, payload, fin: false }),
      ),
    );
    const ending = await client.meets(switching(), bytes, { maxPayload: MEBIBYTE });
    expectEnding(ending, "WS_ERR_UNSUPPORTED_MESSAGE_LENGTH");
  });
});

describe("F2 (GHSA-9fm3-97px-rjf6), our client", () => {
  it("does not hold the pongs that a server does not read", async () => {
    const ping = frame({ opcode: 9, payload: "x".repeat(125) });
    const pings = Buffer.concat(Array.from({ length: 100_000 }, () => ping));
    const bytes = Buffer.concat([pings, frame({ opcode: 3 })]);
    const ending = await client.meets(switching(), bytes);
    // Either the flood is too much, or it was read to its end, which is no opcode.
    expect(ending.failure).toMatch(/^WS_ERR_(TOO_MANY_PENDING_PONGS|INVALID_OPCODE):/);
    expect(ending.unhandled).toEqual([]);
    expect(ending.grownBytes).toBeLessThan(GROWN_BYTES);
  });
});
