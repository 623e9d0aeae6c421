// `#platform` on Node: package.json chooses.
import type { CookieJar } from "./cookie-jar.ts";
import { type BlobLike, host, type WebSocketConstructor } from "./host.ts";
import { NodeCookieJar } from "./node-cookie-jar.ts";
import { toBinary as toBinaryOfWeb } from "./web.ts";

/** How binary data is given to the application unless it wants it otherwise. */
export const defaultBinaryType = "nodebuffer";

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

/** What Node's own WebSocket has no way to take. */
const ownOptions = [
  "agent",
  "ca",
  "cert",
  "ciphers",
  "key",
  "passphrase",
  "pfx",
  "rejectUnauthorized",
] as const;

type OwnOptions = Partial<Record<(typeof ownOptions)[number], unknown>>;

/**
 * The class of WebSockets: that of `@openline/websocket`, where Node has none (Node 20) or has one
 * that cannot do what `options` ask for.
 *
 * @throws Error if the package is not installed
 */
export async function findWebSocket(options: OwnOptions): Promise<WebSocketConstructor> {
  if (host.WebSocket && ownOptions.every((name) => options[name] === undefined)) {
    return host.WebSocket;
  }
  // A name that bundlers do not see: the package is an optional peer.
  const name = "@openline/websocket";
  let Loaded: WebSocketConstructor;
  try {
    Loaded = ((await import(name)) as { WebSocket: WebSocketConstructor }).WebSocket;
  } catch (cause) {
    throw new Error(
      `there is no WebSocket on this Node that can do this: install ${name}, or give a class as the option WebSocket`,
      { cause },
    );
  }
  const given = Object.fromEntries(
    ownOptions.filter((key) => options[key] !== undefined).map((key) => [key, options[key]]),
  );
  return class extends Loaded {
    constructor(url: string, protocols?: unknown, more?: unknown) {
      super(url, protocols ?? [], { ...given, ...(more as object | undefined) });
    }
  };
}
