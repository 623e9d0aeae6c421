import { applyMask } from "@openline/protocol/bytes";
import {
  emptyHeader,
  frameHeaderLength,
  MAX_HEADER_BYTES,
  readFrameHeader,
  writeFrameHeader,
} from "@openline/protocol/websocket";
import type { Random } from "../engine/random.ts";
import { concat, hex, type Target } from "../engine/target.ts";
import { check, same } from "../engine/violation.ts";

const examples = [
  "81 05 48 65 6c 6c 6f",
  "81 85 37 fa 21 3d 7f 9f 4d 51 58",
  "82 7e 01 00 00",
  "82 fe ff ff 01 02 03 04 05",
  "82 7f 00 00 00 00 00 01 00 00",
  "82 ff 00 1f ff ff ff ff ff ff 01 02 03 04",
  "82 7f 00 20 00 00 00 00 00 00",
  "f0 80",
].map(hex);

/** A header, and whatever is behind it as its payload. */
export const frameHeader: Target = {
  name: "frame-header",
  about:
    "`readFrameHeader` against a reading of RFC 6455 §5.2 by DataView: needs exactly the header's bytes, does not care where they lie, and `writeFrameHeader` writes what was read in its shortest form; masking in pieces is masking as a whole",
  sources: /protocol\/src\/(websocket\/frame|bytes\/mask)\.ts/,
  maxBytes: 300,
  shortExecutions: 60_000,
  dictionary: ["7e", "7f", "fe", "ff", "00 1f ff ff ff ff ff ff", "00 20 00 00", "ff ff"].map(hex),
  examples,
  generate(random: Random) {
    const payloadLength = random.pick([0, 1, 125, 126, 65535, 65536, 2 ** 32, 2 ** 53 - 1]);
    const isMasked = random.chance(0.5);
    const out = new Uint8Array(frameHeaderLength(payloadLength, isMasked));
    const key = isMasked ? random.uint32() | 0 : undefined;
    writeFrameHeader(out, 0, random.below(256), payloadLength, key);
    return concat(out, random.bytes(random.below(20)));
  },
  run(input) {
    const header = emptyHeader();
    const isRead = readFrameHeader(input, 0, input.length, header);
    const reference = referenceOf(input);
    check(isRead === (reference !== null), "needs more or fewer bytes than the header has");
    if (reference === null) return "cut";
    same("the header is read wrongly", JSON.stringify(reference), JSON.stringify(jsonOf(header)));
    const { headerLength, payloadLength, isMasked, maskingKey } = header;
    check(headerLength <= MAX_HEADER_BYTES, "a header is longer than the longest");
    const moved = concat(hex("ff ff ff"), input.subarray(0, headerLength), hex("ff"));
    const elsewhere = emptyHeader();
    check(
      !readFrameHeader(moved, 3, 2 + headerLength, elsewhere) &&
        readFrameHeader(moved, 3, 3 + headerLength, elsewhere),
      "reads behind its end",
    );
    same("the place matters", JSON.stringify(jsonOf(header)), JSON.stringify(jsonOf(elsewhere)));
    checkMasking(input.subarray(headerLength), maskingKey);
    if (payloadLength === Number.POSITIVE_INFINITY) return "too long";
    const shortest = frameHeaderLength(payloadLength, isMasked);
    const written = new Uint8Array(shortest);
    const key = isMasked ? maskingKey : undefined;
    const end = writeFrameHeader(written, 0, input[0] ?? 0, payloadLength, key);
    check(end === shortest && shortest <= headerLength, "what is written is not the shortest form");
    readFrameHeader(written, 0, end, elsewhere);
    const expected = { ...jsonOf(header), headerLength: shortest };
    same("writing changes a header", JSON.stringify(expected), JSON.stringify(jsonOf(elsewhere)));
    return `${headerLength} ${shortest}`;
  },
};

interface Reading {
  readonly bits: number;
  readonly isMasked: boolean;
  readonly maskingKey: number;
  readonly payloadLength: string;
  readonly headerLength: number;
}

function jsonOf(header: ReturnType<typeof emptyHeader>): Reading {
  const { fin, rsv1, rsv2, rsv3, opcode } = header;
  const flags = [fin, rsv1, rsv2, rsv3].reduce((bits, flag) => bits * 2 + (flag ? 1 : 0), 0);
  return {
    bits: flags * 16 + opcode,
    isMasked: header.isMasked,
    maskingKey: header.maskingKey,
    payloadLength: String(header.payloadLength),
    headerLength: header.headerLength,
  };
}

/** RFC 6455 §5.2 by other means; null when bytes are missing. */
function referenceOf(input: Uint8Array): Reading | null {
  const view = new DataView(input.buffer, input.byteOffset, input.length);
  try {
    const second = view.getUint8(1);
    const short = second & 0x7f;
    const extended = short === 126 ? 2 : short === 127 ? 8 : 0;
    let length = BigInt(short);
    if (extended === 2) length = BigInt(view.getUint16(2));
    if (extended === 8) length = view.getBigUint64(2);
    const isMasked = second >= 128;
    const maskingKey = isMasked ? view.getInt32(2 + extended) : 0;
    const isExact = length <= BigInt(Number.MAX_SAFE_INTEGER);
    const payloadLength = isExact ? String(length) : "Infinity";
    const headerLength = 2 + extended + (isMasked ? 4 : 0);
    return { bits: view.getUint8(0), isMasked, maskingKey, payloadLength, headerLength };
  } catch {
    return null;
  }
}

function checkMasking(payload: Uint8Array, key: number): void {
  const keyBytes = Buffer.alloc(4);
  keyBytes.writeInt32BE(key);
  const expected = payload.map((byte, at) => byte ^ (keyBytes[at & 3] ?? 0));
  const cut = payload.length >> 1;
  const pieces = payload.slice();
  const first = applyMask(pieces, 0, cut, key, 0);
  const second = applyMask(pieces, cut, pieces.length, key, cut);
  check(Buffer.compare(pieces, expected) === 0, "masking in pieces is not masking as a whole");
  check((first && second) === expected.every((byte) => byte < 0x80), "ASCII is not told");
}
