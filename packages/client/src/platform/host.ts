import type { CookieJar } from "./cookie-jar.ts";

/** The part of a native WebSocket that is used, and what Node's own adds to it. */
export interface WebSocketLike {
  binaryType: string;
  onopen: ((event: unknown) => void) | null;
  onclose: ((event: unknown) => void) | null;
  onerror: ((event: unknown) => void) | null;
  onmessage: ((event: { data: string | ArrayBuffer | BlobLike }) => void) | null;
  addEventListener(name: "open", listener: () => void): void;
  /** Node's own, and those of browsers, take no options. */
  send(
    data: string | { readonly byteLength?: number },
    options?: { compress?: boolean | undefined },
  ): void;
  /** What the class of `ws`, and ours, has below it. */
  readonly _socket?: { unref(): void };
  close(): void;
}

/** `new WebSocket(url, protocols)`; on Node, Bun and Deno with options in place of protocols. */
export type WebSocketConstructor = new (
  url: string,
  protocols?: unknown,
  options?: unknown,
) => WebSocketLike;

/** How timers are made. */
export interface TimerOptions {
  /**
   * Use the timers that the platform had when this was loaded, whatever a test's fake clock has put
   * in their places since. Default: false.
   */
  useNativeTimers?: boolean | undefined;
  /** On Node: keep the process alive neither by timers nor by WebSockets. Default: false. */
  autoUnref?: boolean | undefined;
}

/** What a WebSocket is opened with. */
export interface WebSocketOptions extends TimerOptions {
  /** The class. Default: the platform's; on Node 20 that of `@openline/websocket`. */
  WebSocket?: WebSocketConstructor | undefined;
  /** Subprotocols. */
  protocols?: string | string[] | undefined;
  /**
   * Headers of each request, also of those of polling. Browsers let none be set for a WebSocket.
   */
  extraHeaders?: Record<string, string> | undefined;
  /** Who connects. */
  socket: { readonly binaryType: string; readonly cookieJar?: CookieJar | undefined };
  /** On Node: how TLS connections are made. */
  agent?: unknown;
  ca?: unknown;
  cert?: unknown;
  ciphers?: unknown;
  key?: unknown;
  passphrase?: unknown;
  /** On Node: how large a message must be to be compressed, or false. Default: 1,024 bytes. */
  perMessageDeflate?: { threshold: number } | false | undefined;
  pfx?: unknown;
  rejectUnauthorized?: unknown;
}

/** The part of a fetch Response that is used. */
export interface ResponseLike {
  readonly ok: boolean;
  readonly status: number;
  readonly headers: { getSetCookie?(): string[] };
  text(): Promise<string>;
}

export type FetchLike = (url: string, init: object) => Promise<ResponseLike>;

/** A timer, which on Node may let the process end. */
export type Timer = { unref?(): unknown } | number;

/** A browser's Blob, or File, as far as it is used. */
export interface BlobLike {
  readonly size: number;
  arrayBuffer(): Promise<ArrayBuffer>;
}

/** The parameters of an address. */
export interface Parameters {
  get(name: string): string | null;
  set(name: string, value: unknown): void;
}

/** A page's own address. */
export interface PageAddress {
  readonly protocol: string;
  readonly host: string;
  readonly hostname: string;
  readonly port: string;
}

/**
 * What all platforms have in common, or some of them. Declared here, since the libraries of types
 * for browsers and for Node each promise what the other has not.
 */
interface Host {
  readonly WebSocket?: WebSocketConstructor;
  readonly Blob: new (parts: unknown[]) => BlobLike;
  readonly location?: PageAddress;
  fetch(url: string, init: object): Promise<ResponseLike>;
  setTimeout(callback: () => void, delayMs: number): Timer;
  clearTimeout(timer: Timer): void;
  queueMicrotask(callback: () => void): void;
  addEventListener?(name: string, listener: () => void): void;
  removeEventListener?(name: string, listener: () => void): void;
  atob(text: string): string;
  btoa(text: string): string;
  readonly URLSearchParams: new (from?: object | string) => Parameters;
  readonly AbortController: new () => { readonly signal: unknown; abort(): void };
  readonly TextEncoder: new () => { encode(text: string): Uint8Array };
  readonly TextDecoder: new (
    encoding: "utf-8",
    options: { ignoreBOM: boolean },
  ) => { decode(bytes: Uint8Array): string };
  readonly Buffer?: { from(buffer: ArrayBuffer): Uint8Array };
}

/** What runs us. Its functions are looked up at each call, so that tests may put in their own. */
export const host: Host = globalThis as unknown as Host; // what it has is declared above
