// `#platform` where it is not Node: package.json chooses.
import type { CookieJar } from "./cookie-jar.ts";
import { type BlobLike, host, type WebSocketConstructor } from "./host.ts";

/** How binary data is given to the application unless it wants it otherwise. */
export const defaultBinaryType = "arraybuffer";

/** Gives `buffer` as the application wants it. */
export function toBinary(buffer: ArrayBuffer, binaryType: string): ArrayBuffer | BlobLike {
  return binaryType === "blob" ? new host.Blob!([buffer]) : buffer;
}

/** None: cookies are the platform's business. */
export function createCookieJar(): CookieJar | undefined {
  return undefined;
}

/** The class of WebSockets. */
export async function findWebSocket(): Promise<WebSocketConstructor> {
  return host.WebSocket!;
}
