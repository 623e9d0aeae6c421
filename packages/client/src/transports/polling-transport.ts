import { BASE64_MARK, SEPARATOR } from "@openline/protocol/engine";
import { headersOf, toBinary } from "#platform";
import { type BlobLike, host, type ResponseLike } from "../platform/host.ts";
import { after } from "../platform/timers.ts";
import { type EnginePacket, readPacket, writePacket } from "./engine-packet.ts";
import { Transport } from "./transport.ts";

/** Packets by HTTP: those of the server in the answer to a poll, ours in POST requests. */
export class PollingTransport extends Transport {
  readonly #abort = new host.AbortController();
  /** A request for packets is out. */
  #isPolling = false;
  #whenIdle: (() => void) | undefined;

  get name(): string {
    return "polling";
  }

  open(): void {
    this.#poll();
  }

  #readBinary(text: string): EnginePacket {
    const bytes = Uint8Array.from(host.atob(text.slice(1)), (byte) => byte.charCodeAt(0));
    return { type: "message", data: toBinary(bytes.buffer, this.opts.socket.binaryType) };
  }

  override pause(done: () => void): void {
    this.readyState = "pausing";
    this.#whenIdle = done;
    this.#checkPause();
  }

  override resume(): void {
    if (this.readyState === "closed") return;
    this.readyState = "open";
    if (!this.#isPolling) this.#poll();
  }

  #checkPause(): void {
    if (this.readyState === "pausing" && this.writable && !this.#isPolling) {
      this.readyState = "paused";
      this.#whenIdle?.();
    }
  }

  async #poll(): Promise<void> {
    this.#isPolling = true;
    const body = await this.#request();
    if (body === undefined) return;
    for (const text of body.split(SEPARATOR)) {
      const packet = text.startsWith(BASE64_MARK) ? this.#readBinary(text) : readPacket(text);
      if (packet.type === "open" && this.readyState === "opening") this.opened();
      if (packet.type === "close") {
        this.end({ description: "transport closed by the server" });
        return;
      }
      this.listener.onPacket?.(packet);
    }
    this.#isPolling = false;
    this.#checkPause();
    if (this.readyState === "open") this.#poll();
  }

  send(
    packets: readonly EnginePacket[],
    maxPayloadBytes: number = Number.POSITIVE_INFINITY,
  ): number {
    this.writable = false;
    const parts: (string | Promise<string>)[] = [];
    let bodyBytes = 0;
    for (const packet of packets) {
      const { data } = packet;
      const isBinary = typeof data === "object";
      const text = isBinary ? "" : writePacket(packet);
      bodyBytes += 1 + (isBinary ? base64Length(data as Binary) : utf8Length(text));
      if (parts.length > 0 && bodyBytes > maxPayloadBytes) break;
      parts.push(isBinary ? toBase64(data as Binary) : text);
    }
    this.#post(parts);
    return parts.length;
  }

  async #post(parts: (string | Promise<string>)[]): Promise<void> {
    const body = (await Promise.all(parts)).join(SEPARATOR);
    if ((await this.#request(body)) === undefined) return;
    this.drained();
    this.#checkPause();
  }

  protected doClose(): void {
    // Without a session there is nobody to say it to.
    const said = this.query.sid && this.readyState !== "paused" ? this.#request(CLOSE) : undefined;
    Promise.resolve(said).finally(() => this.#abort.abort());
  }

  /** Resolves to the answer's text; to undefined after it has told of an error. */
  async #request(body?: string): Promise<string | undefined> {
    const { opts } = this;
    const stop = opts.requestTimeout && after(opts, opts.requestTimeout, () => this.#abort.abort());
    let status: unknown;
    let response: ResponseLike | undefined;
    try {
      response = await (opts.fetch ?? host.fetch)(
        this.addressOf("http", opts.timestampRequests !== false),
        {
          method: body === undefined ? "GET" : "POST",
          body,
          headers: headersOf(opts),
          credentials: opts.withCredentials ? "include" : "same-origin",
          // It shall leave even if the page does.
          keepalive: body === CLOSE,
          signal: this.#abort.signal,
        },
      );
      opts.socket.cookieJar?.take(response.headers.getSetCookie?.() ?? []);
      if (response.ok) return await response.text();
      status = response.status;
    } catch (error) {
      status = error;
    } finally {
      if (stop) stop();
    }
    // The names that applications know these by.
    if (this.readyState !== "closed")
      this.fail(body === undefined ? "xhr poll error" : "xhr post error", status, response);
    return undefined;
  }
}

type Binary = BlobLike | ArrayBuffer | Uint8Array;

const CLOSE: string = writePacket({ type: "close" });

function utf8Length(text: string): number {
  return new host.TextEncoder().encode(text).length;
}

/** With the mark before it. */
function base64Length(data: Binary): number {
  return (
    1 + Math.ceil(((data as Partial<BlobLike>).size ?? (data as ArrayBuffer).byteLength) / 3) * 4
  );
}

async function toBase64(data: Binary): Promise<string> {
  let text = "";
  // A Blob is made of anything, and read as one thing.
  for (const byte of new Uint8Array(await new host.Blob([data]).arrayBuffer())) {
    text += String.fromCharCode(byte);
  }
  return BASE64_MARK + host.btoa(text);
}
