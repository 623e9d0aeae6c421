// `#platform` where it is not Node: package.json chooses.
import type { CookieJar } from "./cookie-jar.ts";
import {
  type BlobLike,
  host,
  type Timer,
  type TimerOptions,
  type WebSocketLike,
  type WebSocketOptions,
} from "./host.ts";

/** How binary data is given to the application unless it wants it otherwise. */
export const defaultBinaryType = "arraybuffer";

/** Gives what a WebSocket has received as the application wants it: which it is already. */
export function receivedBinary(data: ArrayBuffer | BlobLike, _binaryType: string): unknown {
  return data;
}

/** Gives `buffer` as the application wants it. */
export function toBinary(buffer: ArrayBuffer, binaryType: string): ArrayBuffer | BlobLike {
  return binaryType === "blob" ? new host.Blob([buffer]) : buffer;
}

/** None: cookies are the platform's business. */
export function createCookieJar(): CookieJar | undefined {
  return undefined;
}

/** The headers of a request. */
export function headersOf({ extraHeaders }: WebSocketOptions): object | undefined {
  return extraHeaders;
}

/** Begins to connect; headers are for React Native, browsers take none. */
export async function openWebSocket(
  url: string,
  options: WebSocketOptions,
): Promise<WebSocketLike> {
  const { WebSocket: Class = host.WebSocket!, protocols, extraHeaders: headers, socket } = options;
  const ws = new Class(url, protocols, { headers });
  ws.binaryType = socket.binaryType;
  return ws;
}

/** Nothing that is waited for keeps a page open. */
export function unref(_timer: Timer, _options: TimerOptions): void {}
