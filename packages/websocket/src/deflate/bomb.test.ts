import { constants, deflateRawSync } from "node:zlib";
import type { PeerError } from "@openline/protocol/errors";
import { Connection } from "@openline/protocol/websocket";
import { describe, expect, it } from "vitest";
import { NodeInflater } from "./node-inflater.ts";
import { bomb, codecOptions } from "./peer.fixture.ts";

const megabyte = 1 << 20;
const flushedZeros = deflateRawSync(new Uint8Array(megabyte), {
  finishFlush: constants.Z_SYNC_FLUSH,
});

/** An unmasked frame, as a client receives it. */
function frame(firstByte: number, payload: Uint8Array): Buffer {
  const header = Buffer.alloc(10);
  header.writeUInt8(firstByte, 0);
  header.writeUInt8(127, 1);
  header.writeBigUInt64BE(BigInt(payload.length), 2);
  return Buffer.concat([header, payload]);
}

/** Feeds the frames to a connection, and returns what it made of them. */
function receive(frames: readonly Uint8Array[], maxPayload: number): Promise<PeerError | number> {
  return new Promise((resolve) => {
    const connection = new Connection(
      {
        role: "client",
        maxPayload,
        maxFragments: 1024,
        maxBufferedChunks: 0,
        skipUtf8Validation: false,
        allocate: (byteLength) => Buffer.allocUnsafe(byteLength),
      },
      {
        onMessage: (_bytes, start, end) => resolve(end - start),
        onPing: () => {},
        onPong: () => {},
        onIdle: () => {},
        onClose: () => {},
        onFault: resolve,
      },
      new NodeInflater(codecOptions()),
    );
    for (const bytes of frames) connection.receive(bytes, 0, bytes.length, 0);
  });
}

function inFragments(payload: Buffer, count: number): Buffer[] {
  const size = Math.ceil(payload.length / count);
  return Array.from({ length: count }, (_, index) => {
    const part = payload.subarray(index * size, (index + 1) * size);
    const fin = index === count - 1 ? 0x80 : 0;
    return frame(fin | (index === 0 ? 0x42 : 0x00), part);
  });
}

describe("a deflate bomb against a connection", () => {
  for (const fragments of [1, 2, 100]) {
    it(`is refused with 1009 in ${fragments} frame(s), and takes little memory`, async () => {
      const frames = inFragments(bomb(flushedZeros, 512), fragments);
      const before = process.memoryUsage.rss();
      expect(await receive(frames, megabyte)).toMatchObject({ closeCode: 1009 });
      expect(process.memoryUsage.rss() - before).toBeLessThan(128 * megabyte);
    });
  }

  it("is no bomb when the limit allows it", async () => {
    const frames = inFragments(bomb(flushedZeros, 8), 10);
    expect(await receive(frames, 8 * megabyte)).toBe(8 * megabyte);
  });
});
