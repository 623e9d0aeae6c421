import { type IncomingMessage, STATUS_CODES } from "node:http";
import type { Duplex } from "node:stream";
import { refuseUpgrade } from "@openline/websocket/link";

export type HeaderValue = string | number | readonly string[];

/**
 * Stands for the response where an upgrade has none, so that Express middlewares work on upgrades
 * too: the headers that they set go into the answer to the handshake, and one that ends the
 * response refuses it.
 */
export class UpgradeResponse {
  statusCode = 200;
  statusMessage = "";
  headersSent = false;
  finished = false;
  writableEnded = false;
  readonly req: IncomingMessage;
  readonly socket: Duplex;
  private readonly values = new Map<string, [name: string, value: HeaderValue]>();

  constructor(request: IncomingMessage, socket: Duplex) {
    this.req = request;
    this.socket = socket;
  }

  setHeader(name: string, value: HeaderValue): this {
    this.values.set(name.toLowerCase(), [name, value]);
    return this;
  }

  appendHeader(name: string, value: string | readonly string[]): this {
    const before = this.getHeader(name);
    const old = before === undefined ? [] : Array.isArray(before) ? before : [String(before)];
    return this.setHeader(name, [...old, ...(typeof value === "string" ? [value] : value)]);
  }

  getHeader(name: string): HeaderValue | undefined {
    return this.values.get(name.toLowerCase())?.[1];
  }

  getHeaders(): Record<string, HeaderValue> {
    return Object.fromEntries(Array.from(this.values, ([key, [, value]]) => [key, value]));
  }

  getHeaderNames(): string[] {
    return [...this.values.keys()];
  }

  hasHeader(name: string): boolean {
    return this.values.has(name.toLowerCase());
  }

  removeHeader(name: string): void {
    this.values.delete(name.toLowerCase());
  }

  /** By their usual spelling. */
  get entries(): ReadonlyArray<readonly [string, HeaderValue]> {
    return [...this.values.values()];
  }

  writeHead(status?: number, ...rest: unknown[]): this {
    if (status !== undefined) this.statusCode = status;
    const headers = rest.at(-1);
    if (typeof headers === "object" && headers !== null && !Array.isArray(headers)) {
      for (const [name, value] of Object.entries(headers)) this.setHeader(name, value);
    }
    return this;
  }

  write(): boolean {
    return true;
  }

  /** A middleware answers in our place: the handshake is refused with its status. */
  end(body?: unknown): this {
    if (this.writableEnded) return this;
    this.finished = true;
    this.writableEnded = true;
    const status = this.statusCode >= 300 ? this.statusCode : 403;
    const text = typeof body === "string" ? body : STATUS_CODES[status];
    refuseUpgrade(this.socket, status, text, Object.fromEntries(this.entries) as never);
    return this;
  }

  // Middlewares listen for the end of the response, which never comes.
  on(): this {
    return this;
  }

  once(): this {
    return this;
  }

  removeListener(): this {
    return this;
  }

  emit(): boolean {
    return false;
  }
}
