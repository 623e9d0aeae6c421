/** Streams of frames by RFC 6455, with something wrong now and then. */
import { deflateRawSync, constants as zlib } from "node:zlib";
import { applyMask } from "@openline/protocol/bytes";
import {
  firstByteOf,
  frameHeaderLength,
  opcodes,
  writeFrameHeader,
} from "@openline/protocol/websocket";
import type { Random } from "../engine/random.ts";
import { concat, hex } from "../engine/target.ts";

export interface StreamGrammar {
  readonly isMasked: boolean;
  /** Some messages are compressed (RFC 7692). */
  readonly hasDeflate: boolean;
}

/** Headers and payloads that lead to a branch of their own. */
export const frameWords: readonly Uint8Array[] = [
  ...["80", "00", "01", "81", "82", "02", "88", "89", "8a", "c1", "41", "a1", "91", "8b", "83"],
  ...["80 80", "00 80 00 00 00 00", "81 80 00 00 00 00", "88 82 00 00 00 00 03 e8", "88 00"],
  ...["88 02 03 ed", "88 80 00 00 00 00", "89 80 00 00 00 00", "7e 00 7e", "fe ff ff", "7f"],
  ...[
    "ff 00 00 00 00 00 01 00 00",
    "7f 00 00 00 00 00 20 00 00",
    "ff 00 1f ff ff ff ff ff ff",
    "ff 00 20 00 00 00 00 00 00",
  ],
  ...["c2 80", "ed a0 80", "f4 90 80 80", "ff", "00 00 00 00", "4b 04 00", "00 00 00 ff ff"],
].map(hex);

const texts = ["", "a", "Hello", "κόσμε", "😀", "x".repeat(126), "ж".repeat(40)];
const wrongTexts = ["c0 80", "ed a0 80", "ff", "e2 82", "f4 90 80 80", "61 80"].map(hex);
const closeCodes = [1000, 1001, 1002, 1003, 1004, 1005, 1006, 1007, 1011, 1014, 1015, 2999, 3000];
const moreCloseCodes = [4999, 5000, 0, 999, 65535];

/** Some frames, mostly legal, mostly with a Close frame at the end. */
export function frameStream(random: Random, grammar: StreamGrammar): Uint8Array {
  const parts: Uint8Array[] = [];
  const messages = random.between(1, 5);
  for (let message = 0; message < messages; message += 1) {
    parts.push(...messageFrames(random, grammar));
    if (random.chance(0.2)) parts.push(controlFrame(random, grammar));
  }
  if (random.chance(0.5)) parts.push(closeFrame(random, grammar));
  return concat(...parts);
}

function messageFrames(random: Random, grammar: StreamGrammar): Uint8Array[] {
  const isText = random.chance(0.6);
  let payload = isText ? text(random) : random.bytes(random.pick([0, 1, 4, 125, 126, 300]));
  const isCompressed = grammar.hasDeflate && random.chance(0.7);
  if (isCompressed) payload = deflated(random, payload);
  const pieces = random.chance(0.6) ? 1 : random.between(2, 4);
  const frames: Uint8Array[] = [];
  let start = 0;
  for (let piece = 0; piece < pieces; piece += 1) {
    const isLast = piece === pieces - 1;
    const end = isLast ? payload.length : random.between(start, payload.length);
    const opcode = piece > 0 ? opcodes.continuation : isText ? opcodes.text : opcodes.binary;
    const firstByte = firstByteOf(opcode, isLast, isCompressed && piece === 0);
    frames.push(frame(random, grammar, firstByte, payload.subarray(start, end)));
    if (!isLast && random.chance(0.15)) frames.push(controlFrame(random, grammar));
    start = end;
  }
  return frames;
}

function text(random: Random): Uint8Array {
  const good = Uint8Array.from(Buffer.from(random.pick(texts) + random.pick(texts)));
  return random.chance(0.92) ? good : concat(good, random.pick(wrongTexts));
}

/** As senders do it, or with a final block, or uncompressed, or not deflate at all. */
function deflated(random: Random, payload: Uint8Array): Uint8Array {
  if (random.chance(0.06)) return random.bytes(random.below(20));
  const big = random.chance(0.15)
    ? Buffer.alloc(random.between(1, 120) * 1024, random.below(256))
    : payload;
  const isFinal = random.chance(0.1);
  const bytes = deflateRawSync(big, {
    level: random.pick([0, 1, 9]),
    finishFlush: isFinal ? zlib.Z_FINISH : zlib.Z_SYNC_FLUSH,
  });
  return Uint8Array.from(isFinal ? concat(bytes, hex("00")) : bytes.subarray(0, -4));
}

function controlFrame(random: Random, grammar: StreamGrammar): Uint8Array {
  const opcode = random.pick([opcodes.ping, opcodes.pong]);
  return frame(
    random,
    grammar,
    firstByteOf(opcode, true, false),
    random.bytes(random.pick([0, 1, 4, 125])),
  );
}

function closeFrame(random: Random, grammar: StreamGrammar): Uint8Array {
  const code = random.pick(
    random.chance(0.7) ? [1000, 1001, 4000] : [...closeCodes, ...moreCloseCodes],
  );
  const payload = concat(Uint8Array.of(code >>> 8, code & 0xff), text(random)).subarray(0, 125);
  const firstByte = firstByteOf(opcodes.close, true, false);
  return frame(
    random,
    grammar,
    firstByte,
    random.chance(0.15) ? payload.subarray(0, random.below(2)) : payload,
  );
}

function frame(
  random: Random,
  { isMasked }: StreamGrammar,
  firstByte: number,
  payload: Uint8Array,
): Uint8Array {
  const masks = random.chance(0.99) ? isMasked : !isMasked;
  const key = masks ? random.pick([0, random.uint32() | 0]) : undefined;
  const out = new Uint8Array(frameHeaderLength(payload.length, masks) + payload.length);
  const at = writeFrameHeader(out, 0, firstByte, payload.length, key);
  out.set(payload, at);
  if (key !== undefined) applyMask(out, at, out.length, key, 0);
  return out;
}
