import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from "node:http";
import {
  BASE64_MARK,
  maxPacketsOf,
  packetTypeOf,
  splitBinaryPayloadV3,
  splitPayload,
  splitPayloadV3,
} from "@openline/protocol/engine";
import { WheelEntry, wheel } from "@openline/websocket/link";
import { readBody } from "../http/body.ts";
import { chooseEncoding, compressBody, type HttpCompressionOptions } from "../http/compression.ts";
import type { EncodedMessage, MessagePart } from "../messages/encoded-message.ts";
import { formatBody, formatBodyV3 } from "./polling-body.ts";
import type { SendFlags, Transport, TransportOwner } from "./transport.ts";
import { readBase64 } from "./websocket-transport.ts";

/** The header fields of an answer, which users may add to. */
export type ResponseHeaders = OutgoingHttpHeaders;

/** What all polling transports of a server have in common. */
export interface PollingSettings {
  /** Bytes of one body. */
  readonly maxBodyBytes: number;
  /** From a body's first byte to its last. */
  readonly bodyTimeoutMs: number;
  /** Null for no compression. */
  readonly compression: HttpCompressionOptions | null;
  /** Lets users see and change the fields of an answer. */
  showHeaders(headers: ResponseHeaders, request: IncomingMessage): void;
}

/** How long a close waits for the poll that will carry it. */
const CLOSE_TIMEOUT_MS = 30_000;
const DEFAULT_THRESHOLD = 1_024;
const NOOP = "6";
const CLOSE = "1";

/** A GET that waits for packets. */
interface Poll {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

/** A close that waits for a poll to carry it. */
class PendingClose extends WheelEntry {
  readonly finish: () => void;

  constructor(finish: () => void) {
    super();
    this.finish = finish;
  }

  expire(): void {
    this.finish();
  }
}

/**
 * Packets in the bodies of HTTP requests: one GET waits for what the server sends, POSTs carry
 * what the client sends. At most one of each at a time.
 */
export class PollingTransport implements Transport {
  readonly name = "polling";
  readonly queues = false;
  owner: TransportOwner | null = null;
  private readonly settings: PollingSettings;
  private readonly isVersion3: boolean;
  /** A version 3 client says by `b64` that it cannot receive bytes. */
  private readonly takesBinary: boolean;
  private poll: Poll | null = null;
  private isReceiving = false;
  private pendingClose: PendingClose | null = null;
  private isOver = false;

  constructor(settings: PollingSettings, isVersion3: boolean, takesBinary: boolean) {
    this.settings = settings;
    this.isVersion3 = isVersion3;
    this.takesBinary = takesBinary;
  }

  get writable(): boolean {
    return this.poll !== null;
  }

  get queuedBytes(): number {
    return 0;
  }

  /** Takes a request of its session. */
  handle(request: IncomingMessage, response: ServerResponse): void {
    if (this.isOver) answer(response, 400);
    else if (request.method === "GET") this.takePoll(request, response);
    else if (request.method === "POST") this.takeData(request, response);
    else answer(response, 405, { Allow: "GET, POST" });
  }

  send(part: MessagePart, flags: SendFlags | undefined): void {
    this.sendAll([part], flags);
  }

  sendShared(message: EncodedMessage, flags: SendFlags | undefined): void {
    this.sendAll(message.parts, flags);
  }

  sendAll(parts: readonly MessagePart[], flags: SendFlags | undefined): void {
    const { poll, pendingClose } = this;
    if (poll === null) return;
    this.poll = null;
    // A client reads what came with a close after it has closed: the close is in a poll of its own.
    const isLast = pendingClose !== null && parts.length === 0;
    const all = isLast ? [CLOSE] : parts;
    const body = this.isVersion3 ? formatBodyV3(all, this.takesBinary) : formatBody(all);
    this.respond(poll, body, flags?.compress !== false);
    if (isLast) pendingClose.finish();
  }

  /** Answers a waiting poll with nothing, so that the client may turn to another transport. */
  release(): void {
    if (this.poll === null) return;
    this.sendAll(this.pendingClose === null ? [NOOP] : [], { compress: false });
  }

  close(done: () => void): void {
    if (this.isOver) return;
    const close = new PendingClose(() => {
      wheel.cancel(close);
      this.pendingClose = null;
      this.isOver = true;
      done();
    });
    this.pendingClose = close;
    if (this.poll !== null) this.sendAll([], { compress: false });
    else wheel.schedule(close, CLOSE_TIMEOUT_MS);
  }

  discard(): void {
    this.release();
    this.isOver = true;
    if (this.pendingClose !== null) wheel.cancel(this.pendingClose);
    this.pendingClose = null;
  }

  private takePoll(request: IncomingMessage, response: ServerResponse): void {
    if (this.poll !== null) {
      answer(response, 400);
      this.owner?.onFailure(this, new Error("overlap from client"));
      return;
    }
    const poll = { request, response };
    this.poll = poll;
    response.on("close", () => {
      // Also told after an answer: then the poll is no longer this one.
      if (this.poll !== poll) return;
      this.poll = null;
      this.owner?.onFailure(this, new Error("poll connection closed prematurely"));
    });
    this.owner?.onWritable(this);
    // Nothing was there to send before the close.
    if (this.pendingClose !== null && this.writable) this.sendAll([], undefined);
  }

  private takeData(request: IncomingMessage, response: ServerResponse): void {
    if (this.isReceiving) {
      answer(response, 400);
      this.owner?.onFailure(this, new Error("data request overlap from client"));
      return;
    }
    const isBytes = request.headers["content-type"] === "application/octet-stream";
    if (isBytes && !this.isVersion3) {
      answer(response, 400);
      this.owner?.onFailure(this, new Error("invalid content"));
      return;
    }
    this.isReceiving = true;
    const { maxBodyBytes: maxBytes, bodyTimeoutMs: timeoutMs } = this.settings;
    readBody(
      request,
      { maxBytes, timeoutMs },
      {
        done: (body) => {
          this.isReceiving = false;
          const isTaken = isBytes ? this.receiveBytes(body) : this.receive(body.toString());
          if (!isTaken) {
            answer(response, 400);
            this.owner?.onGarbage(this);
            return;
          }
          // HTML, so that no browser offers to download it.
          const headers: ResponseHeaders = { "Content-Type": "text/html", "Content-Length": 2 };
          this.addHeaders(headers, request);
          response.writeHead(200, headers);
          response.end("ok");
        },
        tooLong: () => {
          this.isReceiving = false;
          answer(response, 413, { Connection: "close" });
        },
        tooLate: () => {
          this.isReceiving = false;
          answer(response, 408, { Connection: "close" });
          this.owner?.onFailure(this, new Error("data request took too long"));
        },
        aborted: () => {
          this.isReceiving = false;
          this.owner?.onFailure(this, new Error("data request connection closed prematurely"));
        },
      },
    );
  }

  /** Delivers the packets of a text body; false if it is none, or one of them is none. */
  private receive(body: string): boolean {
    const maxPackets = maxPacketsOf(this.settings.maxBodyBytes);
    const packets = this.isVersion3
      ? splitPayloadV3(body, maxPackets)
      : splitPayload(body, maxPackets);
    if (packets === null) return false;
    for (const packet of packets) if (!this.deliver(packet)) return false;
    return true;
  }

  private receiveBytes(body: Buffer): boolean {
    const maxPackets = maxPacketsOf(this.settings.maxBodyBytes);
    const readText = (bytes: Uint8Array): string => (bytes as Buffer).toString(); // parts of `body`
    const packets = splitBinaryPayloadV3(body, maxPackets, readText);
    if (packets === null) return false;
    for (const packet of packets) {
      if (typeof packet === "string") {
        if (!this.deliver(packet)) return false;
      } else if (packet[0] === 4) {
        this.owner?.onBytes(this, Buffer.from(packet.subarray(1)));
      } else return false;
    }
    return true;
  }

  private deliver(packet: string): boolean {
    if (packet.startsWith(BASE64_MARK)) {
      const bytes = readBase64(packet, this.isVersion3);
      if (bytes === null) return false;
      this.owner?.onBytes(this, bytes);
      return true;
    }
    const type = packetTypeOf(packet);
    if (type === -1) return false;
    this.owner?.onText(this, type, packet.slice(1));
    return true;
  }

  private respond(poll: Poll, body: string | Uint8Array, mayCompress: boolean): void {
    const { request, response } = poll;
    const isText = typeof body === "string";
    const headers: ResponseHeaders = {
      "Content-Type": isText ? "text/plain; charset=UTF-8" : "application/octet-stream",
    };
    const byteLength = isText ? Buffer.byteLength(body) : body.length;
    const { compression } = this.settings;
    const encoding =
      mayCompress &&
      compression !== null &&
      byteLength >= (compression.threshold ?? DEFAULT_THRESHOLD)
        ? chooseEncoding(request, ["gzip", "deflate"])
        : undefined;
    if (encoding === undefined || compression === null) {
      headers["Content-Length"] = byteLength;
      this.addHeaders(headers, request);
      response.writeHead(200, headers);
      response.end(body);
      return;
    }
    headers["Content-Encoding"] = encoding;
    this.addHeaders(headers, request);
    const { threshold, ...zlib } = compression;
    compressBody(Buffer.from(body as Uint8Array), encoding, zlib).then(
      (compressed) => {
        headers["Content-Length"] = compressed.length;
        response.writeHead(200, headers);
        response.end(compressed);
      },
      (error: Error) => {
        response.destroy();
        this.owner?.onFailure(this, error);
      },
    );
  }

  private addHeaders(headers: ResponseHeaders, request: IncomingMessage): void {
    headers["cache-control"] = "no-store";
    this.settings.showHeaders(headers, request);
  }
}

function answer(response: ServerResponse, status: number, headers: ResponseHeaders = {}): void {
  response.writeHead(status, headers);
  response.end();
}
