import type { SeenFrame } from "./frame-reader.ts";

/** Bytes of a payload that a preview looks at. */
const PREVIEW_BYTES = 120;

/**
 * What a frame says, in a few words.
 *
 * `isText`: a fragment of a text; its own opcode does not tell.
 */
export function describePayload(frame: SeenFrame, isText: boolean): string {
  const { opcode, payload, payloadLength } = frame;
  if (frame.rsv1) return `compressed, ${payloadLength.toLocaleString("en")} bytes`;
  if (opcode === 8) {
    const close = readClose(payload);
    return close === null ? "no code" : `${close.code} ${close.reason}`.trimEnd();
  }
  const shown = payload.subarray(0, PREVIEW_BYTES);
  if (isText || opcode === 1 || opcode >= 9) return textOf(shown);
  return hexOf(shown.subarray(0, 24));
}

/** A close frame's code and reason (RFC 6455 §5.5.1); null if it carries none. */
export function readClose(payload: Uint8Array): { code: number; reason: string } | null {
  const [high, low] = payload;
  if (high === undefined || low === undefined) return null;
  return { code: (high << 8) | low, reason: textOf(payload.subarray(2)) };
}

/** What a close code says (RFC 6455 §7.4.1). */
export function closeCodeMeaning(code: number): string {
  const known: Readonly<Record<number, string>> = {
    1000: "all is said",
    1001: "going away",
    1002: "the peer broke the protocol",
    1003: "data of a kind that is not taken",
    1007: "text that is no UTF-8, or nonsense",
    1008: "against the rules of this server",
    1009: "too big",
    1011: "an error on the server",
    1012: "the server restarts, come back",
    1013: "try again later",
  };
  if (code >= 4000 && code <= 4999) return "the application's own";
  if (code >= 3000 && code <= 3999) return "a registered library's";
  return known[code] ?? "unassigned";
}

/** Two digits a byte. */
export function hexOf(bytes: Uint8Array): string {
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join(" ");
}

/** Text, or what is left of it where a cut goes through a character. */
export function textOf(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes, { stream: true });
}

/**
 * Undoes permessage-deflate for a message that is one frame and needs no other: both sides must
 * have agreed to take over no context. Null if it cannot be read.
 */
export async function inflate(payload: Uint8Array): Promise<Uint8Array | null> {
  // The empty block that the sender cut off (RFC 7692 §7.2.2), and a last one that ends the stream.
  const ending = [0x00, 0x00, 0xff, 0xff, 0x03, 0x00];
  const blocks = new Blob([new Uint8Array([...payload, ...ending])]);
  const inflated = blocks.stream().pipeThrough(new DecompressionStream("deflate-raw"));
  try {
    return new Uint8Array(await new Response(inflated).arrayBuffer());
  } catch {
    return null;
  }
}
