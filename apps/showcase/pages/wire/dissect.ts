import { opcodeName, type SeenFrame } from "./frame-reader.ts";
import { hexOf } from "./payload.ts";

/** What a byte of a frame belongs to. */
export type PartKind = "bits" | "length" | "extended" | "key" | "masked" | "payload";

/** A run of bytes of a frame, and what it says. */
export interface FramePart {
  readonly kind: PartKind;
  readonly name: string;
  /** Where it lies in the frame: `[start, end)`. */
  readonly start: number;
  readonly end: number;
  readonly says: string;
}

/** One field of the two bytes that all frames begin with. */
export interface BitField {
  readonly name: string;
  /** Its bits, as zeros and ones. */
  readonly bits: string;
  readonly says: string;
  readonly kind: "bits" | "length";
}

/** The parts of a frame in the order of its bytes; empty ones are left out. */
export function partsOf(frame: SeenFrame): FramePart[] {
  const { bytes, lengthBytes, isMasked, payloadStart, payloadLength } = frame;
  const keyStart = 2 + lengthBytes;
  const parts: FramePart[] = [
    { kind: "bits", name: "First byte", start: 0, end: 1, says: firstByteSays(frame) },
    { kind: "length", name: "Mask and length", start: 1, end: 2, says: secondByteSays(frame) },
    {
      kind: "extended",
      name: "Extended length",
      start: 2,
      end: keyStart,
      says: `${lengthBytes * 8} bits, most significant byte first: ${count(payloadLength)}`,
    },
    {
      kind: "key",
      name: "Masking key",
      start: keyStart,
      end: payloadStart,
      says: "chosen at random for this frame",
    },
    {
      kind: isMasked ? "masked" : "payload",
      name: isMasked ? "Payload, masked" : "Payload",
      start: payloadStart,
      end: payloadStart + payloadLength,
      says: isMasked
        ? `${count(payloadLength)}, each XORed with a byte of the key`
        : `${count(payloadLength)}, as they are`,
    },
  ];
  return parts.filter(({ start, end }) => end > start && start < bytes.length);
}

/** The fields of the first two bytes (RFC 6455 §5.2). */
export function bitFieldsOf(frame: SeenFrame): BitField[] {
  const [first = 0, second = 0] = frame.bytes;
  const bits = (byte: number, start: number, length: number): string =>
    byte
      .toString(2)
      .padStart(8, "0")
      .slice(start, start + length);
  return [
    { name: "FIN", bits: bits(first, 0, 1), says: frame.fin ? "last" : "more", kind: "bits" },
    {
      name: "RSV1",
      bits: bits(first, 1, 1),
      says: frame.rsv1 ? "deflated" : "plain",
      kind: "bits",
    },
    { name: "RSV2–3", bits: bits(first, 2, 2), says: "unused", kind: "bits" },
    { name: "opcode", bits: bits(first, 4, 4), says: opcodeName(frame.opcode), kind: "bits" },
    {
      name: "MASK",
      bits: bits(second, 0, 1),
      says: frame.isMasked ? "masked" : "plain",
      kind: "length",
    },
    {
      name: "length",
      bits: bits(second, 1, 7),
      says: lengthSays(second & 0x7f, frame.lengthBytes),
      kind: "length",
    },
  ];
}

/** How the first payload bytes come about: `7b ⊕ 3c = 47`. */
export function unmaskingOf(frame: SeenFrame, bytes = 4): string[] {
  const { maskingKey, payload, payloadStart } = frame;
  if (maskingKey === null) return [];
  return [...payload.subarray(0, bytes)].map((plain, at) => {
    const sent = frame.bytes.subarray(payloadStart + at, payloadStart + at + 1);
    const key = maskingKey.subarray(at % 4, (at % 4) + 1);
    return `${hexOf(sent)} ⊕ ${hexOf(key)} = ${hexOf(Uint8Array.of(plain))}`;
  });
}

function firstByteSays({ fin, rsv1, opcode }: SeenFrame): string {
  const kind = `opcode ${opcode}, ${opcodeName(opcode)}`;
  const place = fin ? "the message ends here" : "more fragments follow";
  return `${kind}; ${place}${rsv1 ? "; compressed (RSV1)" : ""}`;
}

function secondByteSays({ isMasked, lengthBytes, payloadLength, bytes }: SeenFrame): string {
  const mask = isMasked ? "masked, as every client must" : "not masked: a server must not";
  const short = (bytes[1] ?? 0) & 0x7f;
  const length =
    lengthBytes === 0
      ? count(payloadLength)
      : `${short} announces ${lengthBytes} more bytes of length`;
  return `${mask}; ${length}`;
}

function lengthSays(short: number, lengthBytes: number): string {
  return lengthBytes === 0 ? String(short) : `${short} → ${lengthBytes * 8} bits follow`;
}

function count(bytes: number): string {
  return bytes === 1 ? "1 byte" : `${bytes.toLocaleString("en")} bytes`;
}
