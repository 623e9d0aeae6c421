import { type OutgoingHttpHeaders, STATUS_CODES } from "node:http";
import type { Duplex } from "node:stream";

/** Header fields that a refusal may carry; those that are undefined are left out. */
export type RefusalHeaders = Readonly<OutgoingHttpHeaders>;

/** Answers an upgrade with an HTTP error and hangs up; the socket must have an error handler. */
export function refuseUpgrade(
  socket: Duplex,
  status: number,
  message?: string,
  headers: RefusalHeaders = {},
): void {
  const body = Buffer.from(message ?? STATUS_CODES[status] ?? "");
  const lines = [`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? "Refused"}`];
  const all: RefusalHeaders = {
    Connection: "close",
    "Content-Type": "text/plain; charset=utf-8",
    "Content-Length": body.length,
    ...headers,
  };
  for (const [name, value] of Object.entries(all)) {
    if (value === undefined) continue;
    for (const each of Array.isArray(value) ? value : [value]) {
      // A header value of the user's must not end the header.
      lines.push(`${name}: ${String(each).replace(/[\r\n]+/g, " ")}`);
    }
  }
  socket.once("finish", () => socket.destroy());
  socket.end(Buffer.concat([Buffer.from(`${lines.join("\r\n")}\r\n\r\n`), body]));
}
