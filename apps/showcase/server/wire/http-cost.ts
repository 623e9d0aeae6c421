import type { IncomingMessage, ServerResponse } from "node:http";
import type { WireCost } from "../../protocol/wire.ts";

/** Tells what an exchange cost on the wire, headers included, once its answer has left. */
export function measureExchange(
  request: IncomingMessage,
  response: ServerResponse,
  done: (cost: WireCost) => void,
): void {
  const { socket } = request;
  const writtenBefore = socket.bytesWritten;
  response.once("finish", () => {
    const bytesOut = socket.bytesWritten - writtenBefore;
    done({ bytesIn: headBytes(request), bytesOut, requests: 1 });
  });
}

/** A GET is its head: the first line, the fields, and an empty line. */
export function headBytes(request: IncomingMessage): number {
  const { method = "", url = "", httpVersion, rawHeaders } = request;
  let bytes = `${method} ${url} HTTP/${httpVersion}\r\n\r\n`.length;
  for (const part of rawHeaders) bytes += part.length + 2; // ": " or the end of the line
  return bytes;
}
