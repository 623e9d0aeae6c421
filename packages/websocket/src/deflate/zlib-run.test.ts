import { createDeflateRaw, createInflateRaw, deflateRawSync, type InflateRaw } from "node:zlib";
import { describe, expect, it } from "vitest";
import { sampleText } from "./peer.fixture.ts";
import { chunkBytes, joined, type Outcome, ZlibRun } from "./zlib-run.ts";

function run(
  stream: InflateRaw,
  input: Uint8Array,
  maxBytes: number,
): { outcome: Promise<Outcome>; run: ZlibRun } {
  const { promise, resolve } = withResolvers<Outcome>();
  return { outcome: promise, run: new ZlibRun(stream, input, maxBytes, resolve) };
}

function withResolvers<Value>(): { promise: Promise<Value>; resolve: (value: Value) => void } {
  let resolve!: (value: Value) => void;
  const promise = new Promise<Value>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}

/** Waits for 'close', whatever errors come before. */
function closeOf(stream: InflateRaw): Promise<void> {
  const { promise, resolve } = withResolvers<void>();
  stream.once("close", resolve);
  return promise;
}

describe("ZlibRun", () => {
  const text = sampleText(100_000);
  const deflated = deflateRawSync(text);

  it("collects the output, says what was consumed, and closes the stream", async () => {
    const stream = createInflateRaw();
    const closed = closeOf(stream);
    const outcome = await run(stream, Buffer.concat([deflated, text]), 100_000).outcome;
    expect(outcome.kind).toBe("done");
    if (outcome.kind !== "done") return;
    expect(text.equals(outcome.output)).toBe(true);
    expect(outcome.consumedBytes).toBe(deflated.length);
    await closed;
  });

  it("closes the stream after too much output, bad input and a cancel", async () => {
    for (const [kind, input, maxBytes] of [
      ["overflow", deflated, 99_999],
      ["failed", Buffer.alloc(100, 0xff), 100_000],
    ] as const) {
      const stream = createInflateRaw();
      const closed = closeOf(stream);
      expect((await run(stream, input, maxBytes).outcome).kind).toBe(kind);
      await closed;
    }
    const stream = createInflateRaw();
    const closed = closeOf(stream);
    const cancelled = run(stream, deflated, 100_000);
    cancelled.outcome.then(() => expect.unreachable("a cancelled run has no outcome"));
    cancelled.run.cancel();
    await closed;
    // The pool is done with this one only after the cancelled one.
    await run(createDeflateRaw({ flush: 2 }), text, 1_000_000).outcome;
  });
});

describe("joined", () => {
  it("keeps no large buffer alive for a few bytes", () => {
    const large = new Uint8Array(100_000);
    expect(joined([large.subarray(0, 10)], 10).buffer).not.toBe(large.buffer);
    expect(joined([large.subarray(0, 60_000)], 60_000).buffer).toBe(large.buffer);
    expect([...joined([Uint8Array.of(1), Uint8Array.of(2)], 2)]).toEqual([1, 2]);
    expect(joined([], 0).length).toBe(0);
  });
});

describe("chunkBytes", () => {
  it("stays between 16 KiB and 256 KiB", () => {
    expect([1, 100_000.5, 1e9].map(chunkBytes)).toEqual([16_384, 100_001, 262_144]);
  });
});
