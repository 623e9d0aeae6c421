// `#platform` on Node, and on Bun and Deno, which do as Node does: package.json chooses.
import type { CookieJar } from "./cookie-jar.ts";
import {
  type BlobLike,
  host,
  type Timer,
  type TimerOptions,
  type WebSocketConstructor,
  type WebSocketLike,
  type WebSocketOptions,
} from "./host.ts";
import { NodeCookieJar } from "./node-cookie-jar.ts";
import { toBinary as toBinaryOfWeb } from "./web.ts";

/** How binary data is given to the application unless it wants it otherwise. */
export const defaultBinaryType = "nodebuffer";

/** Gives what a WebSocket has received as the application wants it. */
export function receivedBinary(data: ArrayBuffer | BlobLike, binaryType: string): unknown {
  return data instanceof ArrayBuffer ? toBinary(data, binaryType) : data;
}

/** Gives `buffer` as the application wants it. */
export function toBinary(
  buffer: ArrayBuffer,
  binaryType: string,
): ArrayBuffer | BlobLike | Uint8Array {
  return binaryType === defaultBinaryType
    ? host.Buffer!.from(buffer)
    : toBinaryOfWeb(buffer, binaryType);
}

export function createCookieJar(): CookieJar | undefined {
  return new NodeCookieJar();
}

/** The headers of a request: those that are given, and the cookies that were taken. */
export function headersOf(options: WebSocketOptions): object | undefined {
  const cookie = options.socket.cookieJar?.give();
  return cookie ? { ...options.extraHeaders, cookie } : options.extraHeaders;
}

/** What Node's own WebSocket has no way to take. */
const ownOptions = [
  "agent",
  "ca",
  "cert",
  "ciphers",
  "key",
  "passphrase",
  "perMessageDeflate",
  "pfx",
  "rejectUnauthorized",
] as const;

/**
 * Begins to connect: by the class that is given; else by Node's own; by that of
 * `@openline/websocket`, where Node has none (Node 20) or has one that cannot do what is asked for.
 *
 * @throws Error if the package is needed and not installed
 */
export async function openWebSocket(
  url: string,
  options: WebSocketOptions,
): Promise<WebSocketLike> {
  const ws = await create(url, options);
  const { binaryType } = options.socket;
  ws.binaryType = binaryType === "blob" ? binaryType : "arraybuffer";
  if (options.autoUnref) ws.addEventListener("open", () => ws._socket?.unref());
  return ws;
}

async function create(url: string, options: WebSocketOptions): Promise<WebSocketLike> {
  const headers = headersOf(options);
  const { protocols } = options;
  const given = Object.fromEntries(
    ownOptions.filter((name) => options[name] !== undefined).map((name) => [name, options[name]]),
  );
  const hasOwn = Object.keys(given).length > 0;
  if (!options.WebSocket && host.WebSocket && !hasOwn) {
    // Node, Bun and Deno take headers, which the standard has no place for, beside the protocols.
    return new host.WebSocket(url, headers ? { headers, protocols } : protocols);
  }
  const Class = options.WebSocket ?? (await (preloaded ?? loadOwn()));
  const ws = new Class(url, protocols ?? [], { ...given, headers });
  compressLarge(ws, options);
  return ws;
}

async function loadOwn(): Promise<WebSocketConstructor> {
  // A name that bundlers do not see: the package is an optional peer.
  const name = "@openline/websocket";
  try {
    return ((await import(name)) as { WebSocket: WebSocketConstructor }).WebSocket;
  } catch (cause) {
    const message = `Node has no WebSocket for this: install ${name}, or give a class as WebSocket`;
    throw new Error(message, { cause });
  }
}

/** Where there is no other way, the class is there by the time that a server has answered. */
const preloaded = host.WebSocket ? undefined : loadOwn();
// Who needs it is told.
preloaded?.catch(() => {});

/** Lets the process end before the time, if that is wanted. */
export function unref(timer: Timer, { autoUnref }: TimerOptions): void {
  if (autoUnref) (timer as { unref?(): void }).unref?.();
}

/** Smaller messages are not worth their compression; it costs both sides more than the bytes. */
const COMPRESSED_FROM = 1_024;

/** Makes `ws` compress only where that helps. Node's own WebSocket cannot be told. */
function compressLarge(ws: WebSocketLike, { perMessageDeflate }: WebSocketOptions): void {
  const threshold = perMessageDeflate ? perMessageDeflate.threshold : COMPRESSED_FROM;
  const send = ws.send.bind(ws);
  ws.send = (data, options) => {
    const size = typeof data === "string" ? data.length : (data.byteLength ?? 0);
    send(data, { compress: options?.compress !== false && size >= threshold });
  };
}
