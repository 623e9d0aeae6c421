import { BASE64_MARK, joinPayloadV3, packetHeaderV3, SEPARATOR } from "@openline/protocol/engine";
import type { MessagePart } from "../messages/encoded-message.ts";

/** The body of a poll's answer in version 4: one text, in which bytes are base64. */
export function formatBody(parts: readonly MessagePart[]): string {
  let body = "";
  for (let at = 0; at < parts.length; at += 1) {
    if (at > 0) body += SEPARATOR;
    const part = parts[at] as MessagePart; // in bounds
    body += typeof part === "string" ? part : BASE64_MARK + base64(part);
  }
  return body;
}

/** The same in version 3: bytes where there are some and the client takes them. */
export function formatBodyV3(
  parts: readonly MessagePart[],
  takesBinary: boolean,
): string | Uint8Array {
  const hasBinary = parts.some((part) => typeof part !== "string");
  if (!takesBinary || !hasBinary) {
    return joinPayloadV3(
      parts.map((part) => (typeof part === "string" ? part : `${BASE64_MARK}4${base64(part)}`)),
    );
  }
  const pieces: Uint8Array[] = [];
  for (const part of parts) {
    const isBinary = typeof part !== "string";
    const packet = isBinary ? Buffer.concat([messageByte, part]) : Buffer.from(part);
    pieces.push(packetHeaderV3(packet.length, isBinary), packet);
  }
  return Buffer.concat(pieces);
}

const messageByte: Uint8Array = new Uint8Array([4]);

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64");
}
