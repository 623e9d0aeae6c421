import { BASE64_MARK, SEPARATOR } from "@openline/protocol/engine";
import { headersOf, toBinary } from "#platform";
import { type BlobLike, host, type ResponseLike } from "../platform/host.ts";
import { after } from "../platform/timers.ts";
import { type EnginePacket, readPacket, writePacket } from "./engine-packet.ts";
import { type Transport, type TransportListener, transportError } from "./transport.ts";
import { stamp, type TransportOptions } from "./transport-options.ts";

/** Paused: no more is sent or asked for, so that another transport can take over. */
type State = "opening" | "open" | "pausing" | "paused" | "closed";

/** Packets by HTTP: those of the server in the answer to a poll, ours in POST requests. */
export class PollingTransport implements Transport {
  writable = false;
  listener: TransportListener;
  readonly #opts: TransportOptions;
  readonly #abort = new host.AbortController();
  #state: State = "opening";
  /** A request for packets is out. */
  #isPolling = false;
  #whenIdle: (() => void) | undefined;

  get name(): string {
    return "polling";
  }

  constructor(opts: TransportOptions, listener: TransportListener) {
    this.#opts = opts;
    this.listener = listener;
  }

  open(): void {
    this.#poll();
  }

  #readBinary(text: string): EnginePacket {
    const bytes = Uint8Array.from(host.atob(text.slice(1)), (byte) => byte.charCodeAt(0));
    return { type: "message", data: toBinary(bytes.buffer, this.#opts.socket.binaryType) };
  }

  pause(done: () => void): void {
    this.#state = "pausing";
    this.#whenIdle = done;
    this.#checkPause();
  }

  resume(): void {
    if (this.#state === "closed") return;
    this.#state = "open";
    if (!this.#isPolling) this.#poll();
  }

  #checkPause(): void {
    if (this.#state === "pausing" && this.writable && !this.#isPolling) {
      this.#state = "paused";
      this.#whenIdle?.();
    }
  }

  async #poll(): Promise<void> {
    this.#isPolling = true;
    const body = await this.#request();
    if (body === undefined) return;
    for (const text of body.split(SEPARATOR)) {
      const packet = text.startsWith(BASE64_MARK) ? this.#readBinary(text) : readPacket(text);
      if (packet.type === "open" && this.#state === "opening") {
        this.#state = "open";
        this.writable = true;
        this.listener.onOpen?.();
      }
      if (packet.type === "close") {
        this.#state = "closed";
        this.listener.onEnd?.({ description: "transport closed by the server" });
        return;
      }
      this.listener.onPacket?.(packet);
    }
    this.#isPolling = false;
    this.#checkPause();
    if (this.#state === "open") this.#poll();
  }

  send(packets: readonly EnginePacket[], maxPayloadBytes: number = Infinity): number {
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
    this.writable = true;
    this.listener.onDrain?.();
    this.#checkPause();
  }

  close(): void {
    this.listener = {};
    // Without a session, or after another transport has taken over, there is nobody to say it to.
    const isHeard = this.writable && this.#state === "open";
    this.#state = "closed";
    const said = isHeard ? this.#request(CLOSE) : undefined;
    Promise.resolve(said).finally(() => this.#abort.abort());
  }

  /** Resolves to the answer's text; to undefined after it has told of an error. */
  async #request(body?: string): Promise<string | undefined> {
    const opts = this.#opts;
    const stop = opts.requestTimeout && after(opts, opts.requestTimeout, () => this.#abort.abort());
    if (opts.timestampRequests !== false) stamp(opts);
    let status: unknown;
    let response: ResponseLike | undefined;
    try {
      response = await (opts.fetch ?? host.fetch)(`http${opts.address}?${opts.parameters}`, {
        method: body === undefined ? "GET" : "POST",
        body,
        headers: headersOf(opts),
        credentials: opts.withCredentials ? "include" : "same-origin",
        // It shall leave even if the page does.
        keepalive: body === CLOSE,
        signal: this.#abort.signal,
      });
      opts.socket.cookieJar?.take(response.headers.getSetCookie?.() ?? []);
      if (response.ok) return await response.text();
      status = response.status;
    } catch (error) {
      status = error;
    } finally {
      if (stop) stop();
    }
    // The names that applications know these by.
    const reason = body === undefined ? "xhr poll error" : "xhr post error";
    this.listener.onError?.(transportError(reason, status, response));
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
