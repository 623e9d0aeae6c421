import { inflateRawSync, constants as zlib } from "node:zlib";
import { Connection, type Inflater } from "@openline/protocol/websocket";
import { WebSocketServer } from "@openline/websocket";
import { WebSocketServer as WsServer } from "ws";
import type { Random } from "../engine/random.ts";
import { concat, hex, type Target } from "../engine/target.ts";
import { check, same } from "../engine/violation.ts";
import { cutsOf } from "./cuts.ts";
import { frameStream, frameWords } from "./frame-grammar.ts";
import { type AnyServer, runSession, type Session } from "./session.ts";

/** Small, so that a bomb is past it soon, and still more than what is inflated on the caller's turn. */
const MAX_PAYLOAD = 96 * 1024;

const tail = hex("00 00 ff ff");
const finalBlock = hex("03 00");
/** Any distance finds something to refer to. */
const dictionary = new Uint8Array(32 * 1024);

const offers = [
  "permessage-deflate; client_max_window_bits",
  "permessage-deflate; client_no_context_takeover",
  "permessage-deflate; client_max_window_bits=9",
] as const;

const options = {
  noServer: true,
  clientTracking: false,
  maxPayload: MAX_PAYLOAD,
  perMessageDeflate: { threshold: 0 },
} as const;

/** Servers that inflate: ours with its own limits, and `ws`. */
interface Servers {
  readonly ours: AnyServer;
  readonly theirs: AnyServer;
}

let servers: Servers | null = null;

/** A byte that chooses the terms, then frames of a client, most of them compressed. */
export const deflateStream: Target = {
  name: "deflate-stream",
  about:
    "a server with permessage-deflate, in memory: hostile deflate data, bombs and cut blocks; the same events wherever the bytes are cut, no message past `maxPayload`, only legal frames in answer, and the events, fault and close code of `ws` wherever messages are whole blocks",
  sources:
    /(websocket\/src\/(deflate\/(node-inflater|zlib-run|context|limiter|job-queue)|link)|protocol\/src\/websocket\/connection)\.ts/,
  maxBytes: 3000,
  shortExecutions: 700,
  dictionary: [...frameWords, ...["c1 85", "c2 85", "41 85", "f2 48 cd c9 c9 07 00"].map(hex)],
  examples: [
    "00  c1 87 00000000 f248cdc9c90700", // "Hello", from RFC 7692 §7.2.3.1
    "00  c1 87 00000000 f248cdc9c90700  c1 85 00000000 f200110000", // again, by its window
    "01  41 83 00000000 f248cd  80 84 00000000 c9c90700",
    "00  c1 8b 00000000 000500fAff48656c6c6f00", // a stored block
    "00  c1 88 00000000 f348cdc9c9070000", // a final block
    "00  c1 8d 00000000 f248050000 00ffffcac9c90700", // two blocks
    "02  c1 81 00000000 00  c2 82 00000000 ffff",
  ].map(hex),
  generate: (random: Random) =>
    concat(
      Uint8Array.of(random.below(3)),
      frameStream(random, { isMasked: true, hasDeflate: true }),
    ),
  async run(input) {
    const { ours, theirs } = serversOf();
    const offer = offers[(input[0] ?? 0) % offers.length] ?? offers[0];
    const stream = input.subarray(1);
    const whole = await runSession(ours, [stream], offer);
    const cut = await runSession(ours, cutsOf(stream), offer);
    checkCut(whole, cut);
    const isTooLong = whole.events.some((line) => line.length > MAX_PAYLOAD + "binary ".length);
    check(!isTooLong, "a message is past the limit");
    if (compressedPayloads(stream).every(isComparable))
      agree(whole, await runSession(theirs, [stream], offer));
    const kinds = [...new Set(whole.events.map((line) => line.slice(0, 4)))].sort().join();
    return `${whole.fault} ${whole.sentCode} ${kinds}`;
  },
};

function serversOf(): Servers {
  if (servers === null) {
    // Both take any listener; `AnyServer` knows only those that are used here.
    const ours = new WebSocketServer(options) as unknown as AnyServer;
    servers = { ours, theirs: new WsServer(options) };
  }
  return servers;
}

function linesOf({ events, fault }: Session): string {
  return [...events, fault ?? "no fault"].join("\n");
}

function checkCut(whole: Session, cut: Session): void {
  same("a cut changes what is told", linesOf(whole), linesOf(cut));
  // Nothing is sent any more when the end of the stream is seen before the fault.
  if (whole.sentCode === null || cut.sentCode === null) return;
  same("a cut changes the close code", String(whole.sentCode), String(cut.sentCode));
}

/**
 * Faults that `ws` sees before us: it inflates each fragment as it comes, where we wait for the
 * whole message, and refuses a length before the masking key has come.
 */
const seenEarly: ReadonlySet<string> = new Set([
  "INVALID_DEFLATE_DATA",
  "UNSUPPORTED_MESSAGE_LENGTH",
  "UNSUPPORTED_DATA_PAYLOAD_LENGTH",
]);

/** What may differ is when. */
function agree(ours: Session, theirs: Session): void {
  if (ours.fault === "INVALID_UTF8") {
    const rest = theirs.events.slice(ours.events.length);
    check(
      !rest.some((line) => /^(text|binary)/.test(line)),
      "ws delivers what we refuse as no UTF-8",
    );
    return;
  }
  const fault = nameOf(theirs.fault);
  const ourEvents = ours.events.slice();
  if (seenEarly.has(fault)) {
    // The control frames between the fragments of what is broken are ours alone.
    const rest = ourEvents.splice(theirs.events.length);
    check(!rest.some((line) => /^(text|binary)/.test(line)), "we deliver what ws refuses");
  }
  same("ws tells other events", ourEvents.join("\n"), theirs.events.join("\n"));
  if (ours.fault !== fault && seenEarly.has(fault)) return;
  same("ws has another fault", ours.fault ?? "no fault", fault);
  // `ws` sends nothing more when the end of the stream is seen before the fault.
  if (ours.sentCode === null || theirs.sentCode === null) return;
  same("ws sends another close code", String(ours.sentCode), String(theirs.sentCode));
}

/** `ws` hands on what zlib says. */
function nameOf(fault: string | null): string {
  if (fault === null) return "no fault";
  return fault.startsWith("Z_") ? "INVALID_DEFLATE_DATA" : fault;
}

/**
 * Whether `ws` must make the same of a compressed message, and of what follows: it is whole blocks
 * of which none is final, or no deflate data. Behind a final block `ws` loses data, and in the
 * middle of a block it goes on with the next message where we begin anew.
 */
function isComparable(payload: Uint8Array): boolean {
  const message = concat(payload, tail);
  const ended = concat(message, finalBlock);
  const limits = { dictionary, maxOutputLength: 64 * MAX_PAYLOAD };
  try {
    inflateRawSync(message, { ...limits, finishFlush: zlib.Z_SYNC_FLUSH });
  } catch (error) {
    // Past any limit, or no deflate data: nothing follows.
    return (error as NodeJS.ErrnoException).code !== undefined;
  }
  try {
    // With `info`, zlib returns this; its types do not say so.
    const result: unknown = inflateRawSync(ended, { ...limits, info: true });
    const { engine } = result as { engine: { bytesWritten: number } };
    return engine.bytesWritten === ended.length;
  } catch {
    return false;
  }
}

/** What the machine would have inflated. */
function compressedPayloads(stream: Uint8Array): Uint8Array[] {
  const payloads: Uint8Array[] = [];
  const ignore = (): void => {};
  const events = { onMessage: ignore, onPing: ignore, onPong: ignore, onClose: ignore };
  const collector: Inflater = {
    inflate(payload, _maxBytes, done) {
      payloads.push(payload.slice());
      done(null, new Uint8Array(0));
    },
    close: ignore,
  };
  const connection = new Connection(
    {
      role: "server",
      maxPayload: MAX_PAYLOAD,
      maxFragments: 0,
      maxBufferedChunks: 0,
      skipUtf8Validation: true,
      allocate: (byteLength) => new Uint8Array(byteLength),
    },
    { ...events, onFault: ignore, onIdle: ignore },
    collector,
  );
  connection.receive(stream.slice(), 0, stream.length, 0);
  return payloads;
}
