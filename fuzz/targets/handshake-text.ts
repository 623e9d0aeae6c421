import type { HandshakeHeaders } from "@openline/protocol/websocket";

/** A message of HTTP as far as a handshake looks at it. */
export interface Message {
  /** The words of the first line. */
  readonly first: readonly string[];
  /** By names in lower case; a field that came more than once is a list. */
  readonly headers: HandshakeHeaders;
  /** The same, with lists joined. */
  readonly joined: Readonly<Record<string, string>>;
}

/** Reads `first line \n name: value \n …`: not HTTP, but any set of fields can be written so. */
export function readMessage(text: string): Message {
  const [first = "", ...lines] = text.split("\n");
  const headers: Record<string, string | string[]> = Object.create(null);
  for (const line of lines) {
    const colon = line.indexOf(":");
    if (colon < 0) continue;
    const name = line.slice(0, colon).toLowerCase();
    const value = line.slice(colon + 1).replace(/^[ \t]+|[ \t]+$/g, "");
    const before = headers[name];
    if (before === undefined) headers[name] = value;
    else if (Array.isArray(before)) before.push(value);
    else headers[name] = [before, value];
  }
  const joined: Record<string, string> = Object.create(null);
  for (const [name, value] of Object.entries(headers)) {
    joined[name] = Array.isArray(value) ? value.join(", ") : value;
  }
  return { first: first.split(" "), headers, joined };
}

/** Whether a comma-separated list holds a token, the plain way. */
export function listHas(list: string | undefined, token: string): boolean {
  return (list ?? "")
    .split(",")
    .some((element) => element.replace(/^[ \t]+|[ \t]+$/g, "").toLowerCase() === token);
}
