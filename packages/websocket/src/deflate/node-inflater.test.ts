import { constants, deflateRawSync } from "node:zlib";
import { PeerError } from "@openline/protocol/errors";
import fc from "fast-check";
import { afterEach, describe, expect, it } from "vitest";
import { zlibLimiter } from "./limiter.ts";
import { NodeDeflater } from "./node-deflater.ts";
import { NodeInflater } from "./node-inflater.ts";
import type { CodecOptions } from "./options.ts";
import { bomb, codecOptions, sampleText, ZlibPeer } from "./peer.fixture.ts";

const plenty = 1 << 24;
const megabyte = 1 << 20;
const flushedZeros = deflateRawSync(new Uint8Array(megabyte), {
  finishFlush: constants.Z_SYNC_FLUSH,
});
const open: { close(): void }[] = [];

function opened<Codec extends { close(): void }>(codec: Codec): Codec {
  open.push(codec);
  return codec;
}

function inflate(inflater: NodeInflater, payload: Uint8Array, maxBytes = plenty): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    inflater.inflate(payload, maxBytes, (error, data) => {
      if (error === null) resolve(Buffer.from(data));
      else reject(error);
    });
  });
}

async function fault(promise: Promise<unknown>): Promise<string> {
  const error: unknown = await promise.then(
    () => "nothing was refused",
    (reason: unknown) => reason,
  );
  return error instanceof PeerError ? `${error.code} ${error.closeCode}` : String(error);
}

function pair(changes: Partial<CodecOptions>): { inflater: NodeInflater; peer: ZlibPeer } {
  const options = codecOptions(changes);
  return { inflater: opened(new NodeInflater(options)), peer: opened(new ZlibPeer(options)) };
}

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(" ", ""), "hex");

afterEach(() => {
  for (const codec of open.splice(0)) codec.close();
});

describe("NodeInflater", () => {
  const lengths = [1, 40, 300, 4096, 20_000, 90_000, 0, 7, 300_000, 33_000, 2];

  for (const hasContextTakeover of [true, false]) {
    for (const windowBits of [8, 9, 10, 11, 12, 13, 14, 15]) {
      const takeover = hasContextTakeover ? "with" : "without";
      it(`understands zlib with a window of 2^${windowBits} ${takeover} takeover`, async () => {
        const { inflater, peer } = pair({ windowBits, hasContextTakeover });
        for (const [index, length] of lengths.entries()) {
          const payload = sampleText(length, index);
          const inflated = await inflate(inflater, await peer.deflate(payload));
          expect(inflated.equals(payload)).toBe(true);
        }
      });
    }
  }

  it("inflates the examples of RFC 7692 §7.2.3", async () => {
    const cases = [
      ["one message", ["f2 48 cd c9 c9 07 00", "f2 00 11 00 00"]],
      ["a block without compression", ["00 05 00 fa ff 48 65 6c 6c 6f 00"]],
      ["a final block", ["f3 48 cd c9 c9 07 00 00", "f2 00 11 00 00"]],
      ["two blocks", ["f2 48 05 00 00 00 ff ff ca c9 c9 07 00"]],
    ] as const;
    for (const [name, messages] of cases) {
      const { inflater } = pair({});
      for (const message of messages) {
        expect((await inflate(inflater, hex(message))).toString(), name).toBe("Hello");
      }
    }
  });

  it("inflates the empty message in either of its forms", async () => {
    for (const form of ["00", "02 00", "03 00 00", "", "03 00"]) {
      const { inflater } = pair({});
      expect((await inflate(inflater, hex(form))).length).toBe(0);
      expect((await inflate(inflater, hex("f2 48 cd c9 c9 07 00"))).toString()).toBe("Hello");
    }
  });

  it("goes on after a final block within a message, with the same window", async () => {
    for (const length of [100, 30_000]) {
      const parts = [sampleText(length, 1), sampleText(length, 2), sampleText(length, 3)];
      for (const hasContextTakeover of [true, false]) {
        const { inflater } = pair({ hasContextTakeover });
        const message = Buffer.concat(
          parts.map((part, index) =>
            deflateRawSync(part, {
              ...(index > 0 ? { dictionary: Buffer.concat(parts.slice(0, index)) } : null),
            }),
          ),
        );
        const inflated = await inflate(inflater, Buffer.concat([message, Buffer.of(0)]));
        expect(inflated.equals(Buffer.concat(parts))).toBe(true);
      }
    }
  });

  it("refuses a message of nothing but final blocks", async () => {
    for (const count of [66, 100_000]) {
      const { inflater } = pair({});
      const payload = Buffer.alloc(count * 2, hex("03 00"));
      expect(await fault(inflate(inflater, payload))).toBe("WS_ERR_INVALID_DEFLATE_DATA 1007");
    }
  });

  it("says so when zlib refuses its options", async () => {
    for (const length of [10, 10_000]) {
      const { inflater } = pair({ zlib: { chunkSize: 1 } });
      const error = await fault(inflate(inflater, new Uint8Array(length)));
      expect(error).toBe("WS_ERR_INVALID_DEFLATE_DATA 1007");
    }
  });

  it("refuses a reference to an earlier message without takeover", async () => {
    const { inflater } = pair({ hasContextTakeover: false });
    await inflate(inflater, hex("f2 48 cd c9 c9 07 00"));
    expect(await fault(inflate(inflater, hex("f2 00 11 00 00")))).toBe(
      "WS_ERR_INVALID_DEFLATE_DATA 1007",
    );
  });

  it("refuses the same after a message that went on after a final block", async () => {
    const { inflater } = pair({ hasContextTakeover: false });
    const part = deflateRawSync(Buffer.from("Hello"));
    const message = Buffer.concat([part, part, Buffer.of(0)]);
    expect((await inflate(inflater, message)).toString()).toBe("HelloHello");
    expect(await fault(inflate(inflater, hex("f2 00 11 00 00")))).toBe(
      "WS_ERR_INVALID_DEFLATE_DATA 1007",
    );
  });

  it("keeps a small payload apart from others while the pool makes much of it", async () => {
    const payload = bomb(flushedZeros, 3);
    const large = Array.from({ length: 20 }, () => inflate(pair({}).inflater, payload));
    for (let index = 0; index < 200; index++) {
      const other = pair({ hasContextTakeover: false }).inflater;
      await inflate(
        other,
        Buffer.alloc(272 * 11 - 4, hex("f2 48 cd c9 c9 07 00 00 00 ff ff")),
        plenty,
      );
    }
    for (const zeros of await Promise.all(large)) {
      expect(zeros.equals(Buffer.alloc(3 * megabyte))).toBe(true);
    }
  });

  it("refuses garbage with 1007, small and large", async () => {
    for (const length of [3, 10_000]) {
      const { inflater } = pair({});
      const error = await fault(inflate(inflater, Buffer.alloc(length, 0xff)));
      expect(error).toBe("WS_ERR_INVALID_DEFLATE_DATA 1007");
    }
  });

  it("allows exactly maxBytes and refuses one more with 1009", async () => {
    for (const length of [1, 1000, 65_536, 65_537, 200_000]) {
      const { inflater, peer } = pair({});
      const message = await peer.deflate(sampleText(length));
      expect((await inflate(inflater, message, length)).length).toBe(length);
      const next = await peer.deflate(sampleText(length));
      expect(await fault(inflate(inflater, next, length - 1))).toBe(
        "WS_ERR_UNSUPPORTED_MESSAGE_LENGTH 1009",
      );
    }
  });

  it("has no limit when maxBytes is infinite", async () => {
    const { inflater, peer } = pair({});
    for (const length of [10, 300_000]) {
      const message = await peer.deflate(sampleText(length));
      expect((await inflate(inflater, message, Number.POSITIVE_INFINITY)).length).toBe(length);
    }
  });

  it("counts over final blocks", async () => {
    const { inflater } = pair({});
    const part = deflateRawSync(new Uint8Array(600));
    const payload = Buffer.concat([part, part, Buffer.of(0)]);
    expect(await fault(inflate(inflater, payload, 1000))).toBe(
      "WS_ERR_UNSUPPORTED_MESSAGE_LENGTH 1009",
    );
  });

  it("stops a bomb at the limit: 1 MiB that would be 1 GiB, and 3 KiB that would be 3 MiB", async () => {
    for (const megabytes of [1024, 3]) {
      const payload = bomb(flushedZeros, megabytes);
      const { inflater } = pair({});
      const before = process.memoryUsage.rss();
      expect(await fault(inflate(inflater, payload, megabyte))).toBe(
        "WS_ERR_UNSUPPORTED_MESSAGE_LENGTH 1009",
      );
      expect(process.memoryUsage.rss() - before).toBeLessThan(128 * megabyte);
    }
  });

  it("takes a bomb apart only as far as asked, however many send one", async () => {
    const payload = bomb(flushedZeros, 256);
    const before = process.memoryUsage.rss();
    const faults = await Promise.all(
      Array.from({ length: 100 }, () => fault(inflate(pair({}).inflater, payload, megabyte))),
    );
    expect(new Set(faults)).toEqual(new Set(["WS_ERR_UNSUPPORTED_MESSAGE_LENGTH 1009"]));
    expect(process.memoryUsage.rss() - before).toBeLessThan(256 * megabyte);
  });

  it("answers in the order of the calls, whatever the sizes", async () => {
    const { inflater, peer } = pair({});
    const lengths = [400_000, 10, 90_000, 0, 70_000, 1, 2];
    const messages: Buffer[] = [];
    for (const [index, length] of lengths.entries()) {
      messages.push(await peer.deflate(sampleText(length, index)));
    }
    const answers: number[] = [];
    await Promise.all(
      messages.map(async (message, index) => {
        const inflated = await inflate(inflater, message);
        expect(inflated.equals(sampleText(lengths[index] ?? 0, index))).toBe(true);
        answers.push(index);
      }),
    );
    expect(answers).toEqual([...lengths.keys()]);
  });

  it("hands over bytes that later messages do not change", async () => {
    const { inflater, peer } = pair({});
    const kept: { data: Uint8Array; payload: Buffer }[] = [];
    for (const [index, length] of [100, 90_000, 50, 3000, 80_000].entries()) {
      const payload = sampleText(length, index);
      const message = await peer.deflate(payload);
      const data = await new Promise<Uint8Array>((resolve) => {
        inflater.inflate(message, plenty, (_error, inflated) => resolve(inflated));
      });
      message.fill(0);
      kept.push({ data, payload });
    }
    for (const { data, payload } of kept) expect(payload.equals(data)).toBe(true);
  });

  it("calls nothing back after close, while busy, waiting or idle", async () => {
    const { inflater, peer } = pair({});
    const large = await peer.deflate(sampleText(600_000));
    let calls = 0;
    const count = (): void => {
      calls++;
    };
    inflater.inflate(large, plenty, count);
    inflater.inflate(large, plenty, count);
    inflater.close();
    inflater.inflate(Buffer.of(0), plenty, count);
    inflater.close();
    await inflate(pair({}).inflater, large);
    expect(calls).toBe(0);
  });

  it("may be closed by its own callback", async () => {
    const { inflater, peer } = pair({});
    const large = await peer.deflate(sampleText(600_000));
    let calls = 0;
    await new Promise<void>((resolve) => {
      inflater.inflate(large, plenty, () => {
        calls++;
        inflater.close();
        resolve();
      });
      inflater.inflate(large, plenty, () => calls++);
    });
    await inflate(pair({}).inflater, large);
    expect(calls).toBe(1);
  });

  it("gives its turn on the pool back after close, garbage and bombs", async () => {
    const large = await pair({}).peer.deflate(sampleText(300_000));
    for (let index = 0; index < 30; index++) {
      const { inflater } = pair({ concurrencyLimit: 2 });
      if (index % 3 === 0) inflater.inflate(large, plenty, () => {});
      else if (index % 3 === 1) inflater.inflate(Buffer.alloc(9000, 0xff), plenty, () => {});
      else inflater.inflate(large, 1000, () => {});
      if (index % 3 === 0) inflater.close();
    }
    await new Promise<void>((resolve) => {
      zlibLimiter.add(1, () => {
        zlibLimiter.release();
        resolve();
      });
    });
  });

  it("agrees with NodeDeflater on any messages", async () => {
    const messages = fc.array(fc.uint8Array({ maxLength: 9000 }), { minLength: 1, maxLength: 6 });
    const bits = fc.integer({ min: 8, max: 15 });
    await fc.assert(
      fc.asyncProperty(messages, bits, fc.boolean(), async (payloads, windowBits, takeover) => {
        const options = codecOptions({ windowBits, hasContextTakeover: takeover });
        const inflater = new NodeInflater(options);
        const deflater = new NodeDeflater(options);
        for (const payload of payloads) {
          const message = await new Promise<Uint8Array>((resolve) => {
            deflater.deflate(payload, (_error, data) => resolve(data));
          });
          expect((await inflate(inflater, message)).equals(payload)).toBe(true);
        }
        inflater.close();
        deflater.close();
      }),
      { numRuns: 60 },
    );
  });

  it("survives any bytes, and only ever refuses them with 1007 or 1009", async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 6000 }), async (payload) => {
        const inflater = new NodeInflater(codecOptions());
        const result = await inflate(inflater, payload, 100_000).then(
          (data) => data.length <= 100_000,
          (error: unknown) => error instanceof PeerError && [1007, 1009].includes(error.closeCode),
        );
        inflater.close();
        expect(result).toBe(true);
      }),
      { numRuns: 200 },
    );
  });
});
