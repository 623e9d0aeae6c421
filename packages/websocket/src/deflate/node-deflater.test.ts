import fc from "fast-check";
import { afterEach, describe, expect, it } from "vitest";
import { deflateOnce } from "./deflate-once.ts";
import { furthestReference } from "./distances.fixture.ts";
import { zlibLimiter } from "./limiter.ts";
import { NodeDeflater } from "./node-deflater.ts";
import type { CodecOptions } from "./options.ts";
import { codecOptions, sampleText, ZlibPeer } from "./peer.fixture.ts";

const open: { close(): void }[] = [];

function opened<Codec extends { close(): void }>(codec: Codec): Codec {
  open.push(codec);
  return codec;
}

function deflate(deflater: NodeDeflater, payload: Uint8Array): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    deflater.deflate(payload, (error, data) => (error === null ? resolve(data) : reject(error)));
  });
}

function pair(changes: Partial<CodecOptions>): { deflater: NodeDeflater; peer: ZlibPeer } {
  const options = codecOptions(changes);
  return { deflater: opened(new NodeDeflater(options)), peer: opened(new ZlibPeer(options)) };
}

afterEach(() => {
  for (const codec of open.splice(0)) codec.close();
});

describe("NodeDeflater", () => {
  const lengths = [1, 40, 300, 4096, 4097, 20_000, 90_000, 0, 7, 5000, 33_000, 2];

  for (const hasContextTakeover of [true, false]) {
    for (const windowBits of [8, 9, 10, 11, 12, 13, 14, 15]) {
      const takeover = hasContextTakeover ? "with" : "without";
      it(`is understood by zlib with a window of 2^${windowBits} ${takeover} takeover`, async () => {
        const { deflater, peer } = pair({ windowBits, hasContextTakeover });
        for (const [index, length] of lengths.entries()) {
          const payload = sampleText(length, index);
          const inflated = await peer.inflate(await deflate(deflater, payload));
          expect(inflated.equals(payload)).toBe(true);
        }
      });

      it(`refers back no further than 2^${windowBits} bytes ${takeover} takeover`, async () => {
        const { deflater } = pair({ windowBits, hasContextTakeover });
        for (const length of [300, 4096, 9000, 60_000, 500]) {
          const furthest = furthestReference(await deflate(deflater, sampleText(length)));
          expect(furthest).toBeLessThanOrEqual(2 ** windowBits);
          if (length === 60_000) expect(furthest).toBeGreaterThan(2 ** (windowBits - 2));
        }
      });
    }
  }

  it("compresses what it has sent before to almost nothing", async () => {
    const { deflater } = pair({});
    const payload = sampleText(1000);
    const first = await deflate(deflater, payload);
    const second = await deflate(deflater, payload);
    expect(second.length).toBeLessThan(first.length / 5);
  });

  it("compresses every message the same without takeover", async () => {
    const { deflater } = pair({ hasContextTakeover: false });
    for (const length of [1000, 10_000]) {
      const first = Buffer.from(await deflate(deflater, sampleText(length)));
      expect(first.equals(await deflate(deflater, sampleText(length)))).toBe(true);
    }
  });

  it("sends an empty message as one zero byte (RFC 7692 §7.2.3.6)", async () => {
    const { deflater, peer } = pair({});
    await peer.inflate(await deflate(deflater, sampleText(100)));
    const empty = await deflate(deflater, new Uint8Array(0));
    expect(Buffer.from(empty).toString("hex")).toBe("00");
    expect((await peer.inflate(empty)).length).toBe(0);
    const payload = sampleText(100);
    expect((await peer.inflate(await deflate(deflater, payload))).equals(payload)).toBe(true);
  });

  it("deflates the example of RFC 7692 §7.2.3.1", async () => {
    const { deflater } = pair({});
    const hello = await deflate(deflater, Buffer.from("Hello"));
    expect(Buffer.from(hello).toString("hex")).toBe("f248cdc9c90700");
    const again = await deflate(deflater, Buffer.from("Hello"));
    expect(Buffer.from(again).toString("hex")).toBe("f200110000");
  });

  it("answers in the order of the calls, whatever the sizes", async () => {
    const { deflater, peer } = pair({});
    const lengths = [50_000, 10, 9000, 0, 70_000, 1, 2, 4097];
    const answers: Uint8Array[] = [];
    await new Promise<void>((resolve, reject) => {
      for (const [index, length] of lengths.entries()) {
        deflater.deflate(sampleText(length, index), (error, data) => {
          if (error !== null) reject(error);
          answers.push(data);
          if (answers.length === lengths.length) resolve();
        });
      }
    });
    for (const [index, length] of lengths.entries()) {
      const inflated = await peer.inflate(answers[index] as Uint8Array);
      expect(inflated.equals(sampleText(length, index))).toBe(true);
    }
  });

  it("flushes completely when zlib's chunk ends anywhere", async () => {
    for (const length of [5000, 9000]) {
      for (let chunkSize = 64; chunkSize < 96; chunkSize++) {
        const { deflater, peer } = pair({ zlib: { chunkSize, level: 1 } });
        for (let seed = 1; seed <= 2; seed++) {
          const payload = sampleText(length + chunkSize, seed);
          const inflated = await peer.inflate(await deflate(deflater, payload));
          expect(inflated.equals(payload)).toBe(true);
        }
      }
    }
  });

  it("refers to nothing before dropContext", async () => {
    const { deflater, peer } = pair({});
    const payload = sampleText(3000);
    await peer.inflate(await deflate(deflater, payload));
    // The peer gets a message that this deflater did not make, in the order of sending.
    const before = deflate(deflater, sampleText(6000, 2));
    deflater.dropContext();
    const after = [deflate(deflater, payload), deflate(deflater, payload)];
    await peer.inflate(await before);
    await peer.inflate(deflateOnce(sampleText(500, 9), { windowBits: 15, zlib: {} }));
    for (const message of after) {
      expect((await peer.inflate(await message)).equals(payload)).toBe(true);
    }
    expect((await after[1])?.length).toBeLessThan((await after[0])?.length ?? 0);
  });

  it("calls nothing back after close, while busy, waiting or idle", async () => {
    const { deflater } = pair({});
    let calls = 0;
    const count = (): void => {
      calls++;
    };
    deflater.deflate(sampleText(200_000), count);
    deflater.deflate(sampleText(10), count);
    deflater.close();
    deflater.deflate(sampleText(10), count);
    await othersAreDone();
    expect(calls).toBe(0);
  });

  it("gives its turn on the pool back when closed", async () => {
    for (let index = 0; index < 30; index++) {
      const { deflater } = pair({ concurrencyLimit: 2 });
      deflater.deflate(sampleText(20_000), () => {});
      deflater.close();
    }
    await othersAreDone(1);
  });

  it("goes on after a callback that throws", async () => {
    const { deflater } = pair({});
    expect(() =>
      deflater.deflate(Buffer.from("a"), () => {
        throw new Error("from the callback");
      }),
    ).toThrow("from the callback");
    expect((await deflate(deflater, Buffer.from("b"))).length).toBeGreaterThan(0);
  });

  it("says when zlib refuses its options", async () => {
    for (const length of [10, 10_000]) {
      const { deflater } = pair({ zlib: { level: 42 } });
      await expect(deflate(deflater, sampleText(length))).rejects.toThrow("level");
    }
    await othersAreDone(1);
  });

  it("is the inverse of zlib's inflate for any messages", async () => {
    const messages = fc.array(fc.uint8Array({ maxLength: 6000 }), { minLength: 1, maxLength: 6 });
    const bits = fc.integer({ min: 8, max: 15 });
    await fc.assert(
      fc.asyncProperty(messages, bits, fc.boolean(), async (payloads, windowBits, takeover) => {
        const { deflater, peer } = pair({ windowBits, hasContextTakeover: takeover });
        for (const payload of payloads) {
          const inflated = await peer.inflate(await deflate(deflater, payload));
          expect(inflated.equals(payload)).toBe(true);
        }
        deflater.close();
        peer.close();
      }),
      { numRuns: 60 },
    );
  });
});

/** Resolves when the pool has worked through what was asked of it before. */
async function othersAreDone(concurrencyLimit = 10): Promise<void> {
  await new Promise<void>((resolve) => {
    zlibLimiter.add(concurrencyLimit, () => {
      zlibLimiter.release();
      resolve();
    });
  });
  const { deflater } = pair({ concurrencyLimit });
  await deflate(deflater, sampleText(300_000));
}
