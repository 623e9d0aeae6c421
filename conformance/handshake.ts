import { createHash } from "node:crypto";

/** The nonce of the example in RFC 6455 §1.3. */
export const sampleKey = "dGhlIHNhbXBsZSBub25jZQ==";

/** The `Sec-WebSocket-Accept` for a key (RFC 6455 §4.2.2). */
export function acceptOf(key: string): string {
  return createHash("sha1").update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest("base64");
}

/** A start line and header fields, by their names in lower case; repeated ones are listed. */
export interface HttpHead {
  readonly startLine: string;
  readonly fields: ReadonlyMap<string, readonly string[]>;
}

/** Writes an HTTP head; a null leaves a field out, a list repeats it. */
export function formatHead(
  startLine: string,
  fields: Readonly<Record<string, string | readonly string[] | null>>,
): string {
  const lines = [startLine];
  for (const [name, value] of Object.entries(fields)) {
    if (value === null) continue;
    for (const one of typeof value === "string" ? [value] : value) lines.push(`${name}: ${one}`);
  }
  return `${lines.join("\r\n")}\r\n\r\n`;
}

/** Reads an HTTP head. */
export function parseHead(text: string): HttpHead {
  const [startLine = "", ...lines] = text.trimEnd().split("\r\n");
  const fields = new Map<string, string[]>();
  for (const line of lines) {
    const colon = line.indexOf(":");
    const name = line.slice(0, colon).toLowerCase();
    fields.set(name, [...(fields.get(name) ?? []), line.slice(colon + 1).trim()]);
  }
  return { startLine, fields };
}

/** The one value of a field, or undefined; fails when it came more than once. */
export function fieldOf(head: HttpHead, name: string): string | undefined {
  const values = head.fields.get(name.toLowerCase()) ?? [];
  if (values.length > 1) throw new Error(`${name} came ${values.length} times`);
  return values[0];
}

/** The status code of an answer. */
export function statusOf(head: HttpHead): number {
  return Number(head.startLine.split(" ")[1]);
}
