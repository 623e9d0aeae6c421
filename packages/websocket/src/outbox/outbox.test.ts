import { applyMask } from "@openline/protocol/bytes";
import {
  emptyHeader,
  firstByteOf,
  frameHeaderLength,
  opcodes,
  readFrameHeader,
  writeFrameHeader,
} from "@openline/protocol/websocket";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { WriteListener, Writer } from "../io/writer.ts";
import { Batch } from "./batch.ts";
import { Outbox } from "./outbox.ts";

const TEXT = firstByteOf(opcodes.text, true, false);
const BINARY = firstByteOf(opcodes.binary, true, false);
const untilCheckPhase = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** A kernel that takes everything, or blocks until told. */
class FakeWriter implements Writer {
  readonly writes: Buffer[] = [];
  isBlocking = false;
  held: { bytes: Uint8Array; listener: WriteListener } | null = null;

  get pendingBytes(): number {
    return this.held === null ? 0 : this.held.bytes.length;
  }

  write(bytes: Uint8Array, listener: WriteListener): boolean {
    if (!this.isBlocking) {
      this.writes.push(Buffer.from(bytes));
      return true;
    }
    this.held = { bytes, listener };
    return false;
  }

  writePair(header: Uint8Array, payload: Uint8Array, listener: WriteListener): boolean {
    return this.write(Buffer.concat([header, payload]), listener);
  }

  /** The kernel takes what it held, and holds the next write if `isBlocking` still. */
  release(): void {
    const { held } = this;
    if (held === null) throw new Error("nothing is held");
    this.held = null;
    this.writes.push(Buffer.from(held.bytes));
    held.listener.onWritten(null);
  }

  get payloads(): string[] {
    const bytes = Buffer.concat(this.writes);
    const header = emptyHeader();
    const found: string[] = [];
    let at = 0;
    while (at < bytes.length) {
      if (!readFrameHeader(bytes, at, bytes.length, header)) throw new Error("a cut frame");
      at += header.headerLength;
      const end = at + header.payloadLength;
      if (header.isMasked) applyMask(bytes, at, end, header.maskingKey, 0);
      found.push(bytes.toString("utf8", at, end));
      at = end;
    }
    return found;
  }
}

class Events {
  drains = 0;
  ends = 0;
  onDrain(): void {
    this.drains += 1;
  }
  onEnd(): void {
    this.ends += 1;
  }
}

function make(): { writer: FakeWriter; events: Events; outbox: Outbox } {
  const writer = new FakeWriter();
  const events = new Events();
  return { writer, events, outbox: new Outbox(writer, events) };
}

function share(outbox: Outbox, first: Batch): void {
  outbox.sendShared(first.bytes, first);
}

/** A text in its frame, as the first of a batch. */
function shared(text: string): Batch {
  const payload = Buffer.from(text);
  const bytes = Buffer.alloc(frameHeaderLength(payload.length, false) + payload.length);
  payload.copy(bytes, writeFrameHeader(bytes, 0, TEXT, payload.length, undefined));
  return new Batch(null, bytes);
}

describe("Outbox", () => {
  it("writes everything that one turn sends in one write", async () => {
    const { writer, outbox } = make();
    outbox.sendText(TEXT, "a", undefined);
    outbox.sendBytes(BINARY, Buffer.from("b"), undefined);
    outbox.sendText(TEXT, "ç€", undefined);
    expect(writer.writes).toEqual([]);
    await untilCheckPhase();
    expect(writer.writes).toHaveLength(1);
    expect(writer.payloads).toEqual(["a", "b", "ç€"]);
    expect(outbox.queuedBytes).toBe(0);
  });

  it("joins the run that many connections wait for once, and shares its bytes", async () => {
    const many = Array.from({ length: 3 }, make);
    const seen: Uint8Array[] = [];
    for (const { writer } of many) {
      writer.write = (bytes) => {
        seen.push(bytes);
        return true;
      };
    }
    for (const message of [shared("1"), shared("2"), shared("3")]) {
      for (const { outbox } of many) share(outbox, message);
    }
    await untilCheckPhase();
    expect(seen).toHaveLength(3);
    expect(new Set(seen).size).toBe(1);
    expect(Buffer.from(seen[0] ?? []).toString("latin1")).toBe("\x81\x011\x81\x012\x81\x013");
  });

  it("keeps the order between own and shared frames of interleaved connections", async () => {
    const a = make();
    const b = make();
    const message = shared("all");
    a.outbox.sendText(TEXT, "a1", undefined);
    b.outbox.sendText(TEXT, "b1", undefined);
    a.outbox.sendText(TEXT, "a2", undefined);
    for (const { outbox } of [a, b]) share(outbox, message);
    b.outbox.sendText(TEXT, "b2", undefined);
    a.outbox.sendText(TEXT, "a3", undefined);
    await untilCheckPhase();
    expect(a.writer.payloads).toEqual(["a1", "a2", "all", "a3"]);
    expect(b.writer.payloads).toEqual(["b1", "all", "b2"]);
    expect(a.writer.writes).toHaveLength(1);
  });

  it("keeps what waits behind a blocked line out of memory that others reuse", async () => {
    const slow = make();
    const fast = make();
    slow.writer.isBlocking = true;
    slow.outbox.sendText(TEXT, "first", undefined);
    await untilCheckPhase();
    for (let turn = 0; turn < 5; turn += 1) {
      slow.outbox.sendText(TEXT, `slow ${turn}`, undefined);
      fast.outbox.sendText(TEXT, `FAST ${turn}`, undefined);
      slow.outbox.sendText(TEXT, `slow again ${turn}`, undefined);
      await untilCheckPhase();
    }
    slow.writer.isBlocking = false;
    slow.writer.release();
    expect(slow.writer.payloads).toEqual([
      "first",
      ...[0, 1, 2, 3, 4].flatMap((turn) => [`slow ${turn}`, `slow again ${turn}`]),
    ]);
    expect(slow.events.drains).toBe(1);
    expect(slow.outbox.queuedBytes).toBe(0);
  });

  it("does not reuse the memory of a write that has not finished", async () => {
    const slow = make();
    const fast = make();
    slow.writer.isBlocking = true;
    slow.outbox.sendText(TEXT, "precious", undefined);
    await untilCheckPhase();
    for (let turn = 0; turn < 3; turn += 1) {
      fast.outbox.sendText(TEXT, "overwrites", undefined);
      await untilCheckPhase();
    }
    slow.writer.release();
    expect(slow.writer.payloads).toEqual(["precious"]);
  });

  it("calls back in order, when what was sent has left, and once", async () => {
    const { writer, outbox } = make();
    const done: string[] = [];
    writer.isBlocking = true;
    outbox.sendText(TEXT, "1", undefined);
    outbox.onceWritten((error) => done.push(`1 ${error}`));
    await untilCheckPhase();
    outbox.sendText(TEXT, "2", undefined);
    outbox.onceWritten((error) => done.push(`2 ${error}`));
    expect(done).toEqual([]);
    writer.release();
    expect(done).toEqual(["1 undefined"]);
    writer.release();
    expect(done).toEqual(["1 undefined", "2 undefined"]);
  });

  it("calls back with the error when the connection goes first", async () => {
    const { writer, outbox } = make();
    const errors: unknown[] = [];
    writer.isBlocking = true;
    outbox.sendText(TEXT, "1", undefined);
    outbox.onceWritten((error) => errors.push(error?.message));
    await untilCheckPhase();
    outbox.close(new Error("gone"));
    expect(errors).toEqual(["gone"]);
    outbox.sendText(TEXT, "2", undefined);
    outbox.onceWritten((error) => errors.push(error?.message));
    await untilCheckPhase();
    expect(errors).toHaveLength(2);
    expect(outbox.queuedBytes).toBe(0);
  });

  it("ends after the last byte, blocked or not", async () => {
    const { writer, events, outbox } = make();
    writer.isBlocking = true;
    outbox.sendText(TEXT, "1", undefined);
    await untilCheckPhase();
    outbox.sendText(TEXT, "2", undefined);
    outbox.finish();
    writer.release();
    expect(events.ends).toBe(0);
    writer.isBlocking = false;
    writer.release();
    expect(events.ends).toBe(1);
    expect(writer.payloads).toEqual(["1", "2"]);
  });

  it("writes early when a turn collects much, in order", async () => {
    const { writer, outbox } = make();
    const texts = Array.from({ length: 300 }, (_, i) => `${i}:`.padEnd(1000, "x"));
    for (const text of texts) outbox.sendText(TEXT, text, undefined);
    expect(writer.writes.length).toBeGreaterThan(1);
    await untilCheckPhase();
    expect(writer.payloads).toEqual(texts);
  });

  it("takes little more memory for small frames than their bytes, however many wait", async () => {
    const { writer, outbox } = make();
    writer.isBlocking = true;
    outbox.sendText(TEXT, "0", undefined);
    await untilCheckPhase();
    for (let i = 1; i <= 5_000; i += 1) {
      outbox.sendText(TEXT, String(i), undefined);
      if (i % 7 === 0) await untilCheckPhase();
    }
    writer.isBlocking = false;
    writer.release();
    expect(writer.payloads).toEqual(Array.from({ length: 5_001 }, (_, i) => String(i)));
    expect(writer.writes.length).toBeLessThan(10);
  });

  it("sends any mix in order, whatever blocks when", async () => {
    const step = fc.oneof(
      fc.record({
        kind: fc.constant("own" as const),
        size: fc.nat(20_000),
        isMasked: fc.boolean(),
      }),
      fc.record({
        kind: fc.constant("shared" as const),
        size: fc.nat(20_000),
        isMasked: fc.boolean(),
      }),
      fc.record({ kind: fc.constantFrom("turn" as const, "block" as const, "release" as const) }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
        const { writer, outbox } = make();
        const other = make();
        const sent: string[] = [];
        for (const [index, { kind, ...rest }] of steps.entries()) {
          if ("size" in rest) {
            const text = `${index}`.padEnd(rest.size, String.fromCharCode(97 + (index % 26)));
            const key = rest.isMasked ? 0x12345678 + index : undefined;
            sent.push(text);
            if (kind === "shared") share(outbox, shared(text));
            else if (index % 2 === 0) outbox.sendText(TEXT, text, key);
            else outbox.sendBytes(TEXT, Buffer.from(text), key);
            other.outbox.sendText(TEXT, "noise", undefined);
          } else if (kind === "turn") await untilCheckPhase();
          else if (kind === "block") writer.isBlocking = true;
          else if (writer.held !== null) writer.release();
        }
        await untilCheckPhase();
        writer.isBlocking = false;
        while (writer.held !== null) writer.release();
        await untilCheckPhase();
        expect(writer.payloads).toEqual(sent);
        expect(outbox.queuedBytes).toBe(0);
      }),
      { numRuns: 200 },
    );
  });
});
