import { applyMask } from "../bytes/mask.ts";
import { firstByteOf, frameHeaderLength, writeFrameHeader } from "./frame.ts";

/** One frame as a peer would send it; masked when a key is given. */
export function frame(
  opcode: number,
  payload: Uint8Array,
  options: { fin?: boolean; rsv1?: boolean; key?: number | undefined } = {},
): Uint8Array {
  const { fin = true, rsv1 = false, key } = options;
  const out = new Uint8Array(frameHeaderLength(payload.length, key !== undefined) + payload.length);
  const at = writeFrameHeader(out, 0, firstByteOf(opcode, fin, rsv1), payload.length, key);
  out.set(payload, at);
  if (key !== undefined) applyMask(out, at, out.length, key, 0);
  return out;
}

export function bytesOf(text: string): Uint8Array {
  return Uint8Array.from(Buffer.from(text));
}

export function hex(text: string): Uint8Array {
  return Uint8Array.from(Buffer.from(text.replace(/\s+/g, ""), "hex"));
}

export function concat(...parts: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(Buffer.concat(parts));
}

/** Every way to cut bytes in two, byte by byte, and whole. */
export function cuts(bytes: Uint8Array): Uint8Array[][] {
  const ways: Uint8Array[][] = [[bytes], Array.from(bytes, (_, at) => bytes.slice(at, at + 1))];
  for (let at = 1; at < bytes.length; at += 1) ways.push([bytes.slice(0, at), bytes.slice(at)]);
  return ways;
}
