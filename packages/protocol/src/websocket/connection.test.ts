import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Fault, PeerError } from "../errors.ts";
import type { Inflater } from "./compressor.ts";
import { Connection, type ConnectionEvents, type ConnectionOptions } from "./connection.ts";
import { bytesOf, concat, cuts, frame, hex } from "./frames.fixture.ts";

const KEY = 0x37fa213d;
const text = (value: string): Uint8Array => bytesOf(value);

type Seen = readonly [kind: string, ...details: unknown[]];

class Recorder implements ConnectionEvents {
  readonly seen: Seen[] = [];
  onSeen: (() => void) | null = null;
  onMessage(
    bytes: Uint8Array,
    start: number,
    end: number,
    isBinary: boolean,
    _isOwned: boolean,
    ends: readonly number[] | null,
  ): void {
    const data = Buffer.from(bytes.subarray(start, end));
    this.add(isBinary ? ["binary", data.toString("hex")] : ["text", data.toString()], ends);
  }
  onPing(bytes: Uint8Array, start: number, end: number): void {
    this.add(["ping", Buffer.from(bytes.subarray(start, end)).toString()], null);
  }
  onPong(bytes: Uint8Array, start: number, end: number): void {
    this.add(["pong", Buffer.from(bytes.subarray(start, end)).toString()], null);
  }
  onClose(code: number, bytes: Uint8Array, start: number, end: number): void {
    this.add(["close", code, Buffer.from(bytes.subarray(start, end)).toString()], null);
  }
  onFault(error: PeerError): void {
    this.add(["fault", error.fault, error.closeCode], null);
  }
  onIdle(): void {
    this.add(["idle"], null);
  }
  private add(seen: Seen, ends: readonly number[] | null): void {
    this.seen.push(ends === null ? seen : [...seen, [...ends]]);
    this.onSeen?.();
  }
}

const defaults: ConnectionOptions = {
  role: "server",
  maxPayload: 1 << 20,
  maxFragments: 16,
  maxBufferedChunks: 0,
  skipUtf8Validation: false,
  allocate: (byteLength) => new Uint8Array(byteLength),
};

function receive(
  parts: readonly Uint8Array[],
  options: Partial<ConnectionOptions> = {},
  inflater: Inflater | null = null,
): Seen[] {
  const recorder = new Recorder();
  const connection = new Connection({ ...defaults, ...options }, recorder, inflater);
  for (const part of parts) {
    // Unmasking changes the chunk: each delivery gets its own.
    const chunk = part.slice();
    connection.receive(chunk, 0, chunk.length, 0);
  }
  return recorder.seen;
}

function expectAtEveryCut(
  bytes: Uint8Array,
  expected: readonly Seen[],
  options: Partial<ConnectionOptions> = {},
): void {
  for (const parts of cuts(bytes)) expect(receive(parts, options)).toEqual(expected);
}

const masked = (opcode: number, payload: Uint8Array, fin = true): Uint8Array =>
  frame(opcode, payload, { fin, key: KEY });

describe("messages", () => {
  it("reads the masked Hello of RFC 6455 §5.7 at every cut", () => {
    expectAtEveryCut(hex("81 85 37fa213d 7f9f4d5158"), [["text", "Hello"]]);
  });

  it("reads the unmasked Hello of RFC 6455 §5.7 as a client", () => {
    expectAtEveryCut(hex("81 05 48656c6c6f"), [["text", "Hello"]], { role: "client" });
  });

  it("joins the fragmented Hello of RFC 6455 §5.7", () => {
    expectAtEveryCut(hex("01 03 48656c 80 02 6c6f"), [["text", "Hello"]], { role: "client" });
  });

  it("delivers empty messages of both kinds", () => {
    expectAtEveryCut(concat(masked(1, hex("")), masked(2, hex(""))), [
      ["text", ""],
      ["binary", ""],
    ]);
  });

  it("delivers control frames between fragments at once", () => {
    const bytes = concat(
      masked(1, text("a"), false),
      masked(9, text("p")),
      masked(0, text("b"), false),
      masked(10, text("q")),
      masked(0, text("c")),
    );
    expectAtEveryCut(bytes, [
      ["ping", "p"],
      ["pong", "q"],
      ["text", "abc"],
    ]);
  });

  it("tells where fragments ended, when asked", () => {
    const recorder = new Recorder();
    const connection = new Connection(defaults, recorder, null);
    connection.keepsFragments = true;
    const bytes = concat(masked(2, hex("01"), false), masked(0, hex("0203")), masked(2, hex("04")));
    connection.receive(bytes, 0, bytes.length, 0);
    expect(recorder.seen).toEqual([
      ["binary", "010203", [1, 3]],
      ["binary", "04", [1]],
    ]);
  });

  it("delivers any sequence of messages, however it is cut", () => {
    const message = fc.record({
      payload: fc.uint8Array({ maxLength: 300 }),
      pieces: fc.integer({ min: 1, max: 4 }),
      key: fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
    });
    fc.assert(
      fc.property(
        fc.array(message, { maxLength: 6 }),
        fc.infiniteStream(fc.integer({ min: 1, max: 400 })),
        (messages, sizes) => {
          const wire: Uint8Array[] = [];
          for (const { payload, pieces, key } of messages) {
            const step = Math.ceil(payload.length / pieces) || 1;
            for (let piece = 0; piece < pieces; piece += 1) {
              const part = payload.slice(piece * step, (piece + 1) * step);
              wire.push(frame(piece === 0 ? 2 : 0, part, { fin: piece === pieces - 1, key }));
            }
          }
          const bytes = concat(...wire);
          const parts: Uint8Array[] = [];
          let at = 0;
          while (at < bytes.length) {
            const size = sizes.next().value as number;
            parts.push(bytes.slice(at, at + size));
            at += size;
          }
          expect(receive(parts)).toEqual(
            messages.map(({ payload }) => ["binary", Buffer.from(payload).toString("hex")]),
          );
        },
      ),
    );
  });
});

describe("faults", () => {
  const cases: [title: string, bytes: Uint8Array, fault: Fault, closeCode: number][] = [
    ["RSV2", hex("a1 80 00000000"), "UNEXPECTED_RSV_2_3", 1002],
    ["RSV3", hex("91 80 00000000"), "UNEXPECTED_RSV_2_3", 1002],
    ["RSV1 without an extension", hex("c1 80 00000000"), "UNEXPECTED_RSV_1", 1002],
    ["a reserved data opcode", hex("83 80 00000000"), "INVALID_OPCODE", 1002],
    ["a reserved control opcode", hex("8b 80 00000000"), "INVALID_OPCODE", 1002],
    ["a continuation of nothing", hex("80 80 00000000"), "INVALID_OPCODE", 1002],
    ["an unmasked frame", hex("81 00"), "EXPECTED_MASK", 1002],
    ["a fragmented ping", hex("09 80 00000000"), "EXPECTED_FIN", 1002],
    ["a ping of 126 bytes", hex("89 fe"), "INVALID_CONTROL_PAYLOAD_LENGTH", 1002],
    ["a close of one byte", hex("88 81"), "INVALID_CONTROL_PAYLOAD_LENGTH", 1002],
    [
      "a length past 2^53",
      hex("82 ff 0020000000000000 00000000"),
      "UNSUPPORTED_DATA_PAYLOAD_LENGTH",
      1009,
    ],
    [
      "a length past the limit",
      hex("82 ff 0000000000100001 00000000"),
      "UNSUPPORTED_MESSAGE_LENGTH",
      1009,
    ],
    ["close code 1005", masked(8, hex("03ed")), "INVALID_CLOSE_CODE", 1002],
    ["close code 999", masked(8, hex("03e7")), "INVALID_CLOSE_CODE", 1002],
    ["a reason that is not UTF-8", masked(8, hex("03e8 ff")), "INVALID_UTF8", 1007],
    ["a text that is not UTF-8", masked(1, hex("ff")), "INVALID_UTF8", 1007],
    ["a text that ends within a character", masked(1, hex("e282")), "INVALID_UTF8", 1007],
    [
      "a new message within a fragmented one",
      concat(masked(1, text("a"), false), masked(1, text("b"))),
      "INVALID_OPCODE",
      1002,
    ],
  ];
  it.each(cases)("refuses %s at every cut", (_title, bytes, fault, closeCode) => {
    expectAtEveryCut(bytes, [["fault", fault, closeCode]]);
  });

  it("refuses a masked frame as a client", () => {
    expectAtEveryCut(hex("81 80 00000000"), [["fault", "UNEXPECTED_MASK", 1002]], {
      role: "client",
    });
  });

  it("fails a text at the first wrong byte, before the message ends", () => {
    const bytes = frame(1, hex("61 ff 61 61"), { key: KEY });
    expect(receive([bytes.slice(0, 8)])).toEqual([["fault", "INVALID_UTF8", 1007]]);
    expect(receive([frame(1, hex("f4 90"), { fin: false, key: KEY })])).toEqual([
      ["fault", "INVALID_UTF8", 1007],
    ]);
  });

  it("checks characters that fragments cut", () => {
    const good = concat(
      masked(1, hex("e2"), false),
      masked(0, hex("82"), false),
      masked(0, hex("ac")),
    );
    expectAtEveryCut(good, [["text", "€"]]);
    const bad = concat(masked(1, hex("e2"), false), masked(0, hex("28")));
    expectAtEveryCut(bad, [["fault", "INVALID_UTF8", 1007]]);
  });

  it("adds fragments up for the limit (1009)", () => {
    const bytes = concat(
      masked(2, new Uint8Array(8), false),
      masked(0, new Uint8Array(8), false),
      masked(0, new Uint8Array(1)),
    );
    expectAtEveryCut(bytes, [["fault", "UNSUPPORTED_MESSAGE_LENGTH", 1009]], { maxPayload: 16 });
  });

  it("counts fragments, empty ones too (1008)", () => {
    const parts = [masked(2, new Uint8Array(0), false)];
    for (let i = 0; i < 16; i += 1) parts.push(masked(0, new Uint8Array(0), false));
    expect(receive(parts)).toEqual([["fault", "TOO_MANY_BUFFERED_PARTS", 1008]]);
    expect(receive(parts.slice(0, -1))).toEqual([]);
  });

  it("counts the pieces of one frame (1008)", () => {
    const bytes = masked(2, new Uint8Array(64));
    const single = Array.from(bytes, (_, at) => bytes.slice(at, at + 1));
    expect(receive(single, { maxBufferedChunks: 10 })).toEqual([
      ["fault", "TOO_MANY_BUFFERED_PARTS", 1008],
    ]);
  });

  it("ignores everything after a fault and after a Close", () => {
    const later = masked(1, text("later"));
    expect(receive([concat(hex("83 80 00000000"), later), later])).toHaveLength(1);
    expect(receive([concat(masked(8, hex("03e8 6f6b")), later), later])).toEqual([
      ["close", 1000, "ok"],
    ]);
  });
});

describe("close frames", () => {
  it("tells code and reason, and 1005 without a code", () => {
    expectAtEveryCut(masked(8, concat(hex("0fa0"), text("bye €"))), [["close", 4000, "bye €"]]);
    expectAtEveryCut(masked(8, hex("")), [["close", 1005, ""]]);
  });
});

describe("holding", () => {
  it("delivers one message a release, in order, with what came meanwhile", () => {
    const recorder = new Recorder();
    const connection = new Connection(defaults, recorder, null);
    recorder.onSeen = () => connection.hold();
    const bytes = concat(masked(1, text("a")), masked(1, text("b")), masked(1, text("c")));
    connection.receive(bytes.slice(0, 10), 0, 10, 0);
    connection.receive(bytes.slice(10), 0, bytes.length - 10, 0);
    expect(recorder.seen).toEqual([["text", "a"]]);
    expect(connection.isBusy).toBe(true);
    connection.release(0);
    expect(recorder.seen).toEqual([
      ["text", "a"],
      ["text", "b"],
    ]);
    connection.release(0);
    expect(recorder.seen.slice(0, 3)).toEqual([
      ["text", "a"],
      ["text", "b"],
      ["text", "c"],
    ]);
  });

  it("keeps the order when a callback delivers more bytes", () => {
    const recorder = new Recorder();
    const connection = new Connection(defaults, recorder, null);
    const more = masked(1, text("3"));
    recorder.onSeen = () => {
      recorder.onSeen = null;
      connection.receive(more, 0, more.length, 0);
    };
    const bytes = concat(masked(1, text("1")), masked(1, text("2")));
    connection.receive(bytes, 0, bytes.length, 0);
    expect(recorder.seen).toEqual([
      ["text", "1"],
      ["text", "2"],
      ["text", "3"],
    ]);
  });
});

describe("permessage-deflate", () => {
  /** Stands for zlib: "inflates" by reversing, and answers when told to. */
  class SlowInflater implements Inflater {
    answer: (() => void) | null = null;
    inflate(
      payload: Uint8Array,
      _maxBytes: number,
      done: (error: PeerError | null, data: Uint8Array) => void,
    ): void {
      const data = payload.slice().reverse();
      this.answer = () => done(null, data);
    }
    close(): void {
      this.answer = null;
    }
  }

  it("waits for the inflater, and delivers in order", () => {
    const inflater = new SlowInflater();
    const recorder = new Recorder();
    const connection = new Connection(defaults, recorder, inflater);
    const bytes = concat(
      frame(1, text("ba"), { fin: false, rsv1: true, key: KEY }),
      masked(0, text("dc")),
      masked(1, text("next")),
    );
    connection.receive(bytes, 0, bytes.length, 0);
    expect(recorder.seen).toEqual([]);
    expect(connection.isBusy).toBe(true);
    inflater.answer?.();
    expect(recorder.seen).toEqual([["text", "cdab"], ["text", "next"], ["idle"]]);
  });

  it("refuses RSV1 on a continuation and on control frames", () => {
    const inflater = new SlowInflater();
    const start = frame(1, text("a"), { fin: false, rsv1: true, key: KEY });
    const next = frame(0, text("b"), { rsv1: true, key: KEY });
    expect(receive([start, next], {}, inflater)).toEqual([["fault", "UNEXPECTED_RSV_1", 1002]]);
    expect(receive([frame(9, text("p"), { rsv1: true, key: KEY })], {}, inflater)).toEqual([
      ["fault", "UNEXPECTED_RSV_1", 1002],
    ]);
  });

  it("checks the UTF-8 of an inflated text", () => {
    const inflater = new SlowInflater();
    const recorder = new Recorder();
    const connection = new Connection(defaults, recorder, inflater);
    const bytes = frame(1, hex("61ff"), { rsv1: true, key: KEY });
    connection.receive(bytes, 0, bytes.length, 0);
    inflater.answer?.();
    expect(recorder.seen).toEqual([["fault", "INVALID_UTF8", 1007]]);
  });
});

describe("memory and time", () => {
  it("does not allocate what a header only announces", () => {
    const allocated: number[] = [];
    const allocate = (byteLength: number): Uint8Array => {
      allocated.push(byteLength);
      return new Uint8Array(byteLength);
    };
    receive([hex("82 ff 0000000006400000 00000000 01")], { maxPayload: 0x6400000, allocate });
    expect(Math.max(...allocated)).toBeLessThanOrEqual(1024 * 1024);
  });

  it("knows since when a message or frame is unfinished", () => {
    const recorder = new Recorder();
    const connection = new Connection(defaults, recorder, null);
    const bytes = concat(masked(1, text("a"), false), masked(0, text("b")));
    expect(connection.startedMs).toBe(-1);
    connection.receive(bytes.slice(0, 1), 0, 1, 5);
    expect(connection.startedMs).toBe(5);
    connection.receive(bytes.slice(1, 9), 0, 8, 7);
    expect(connection.startedMs).toBe(7);
    connection.receive(bytes.slice(9), 0, bytes.length - 9, 9);
    expect(connection.startedMs).toBe(-1);
  });
});
