import { createHash } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { connect, type Socket } from "node:net";
import { type HttpListening, listenHttp, onTestEnd } from "./fixture.ts";

/** A frame as it was on the wire, unmasked. */
export interface Frame {
  readonly fin: boolean;
  readonly rsv1: boolean;
  readonly opcode: number;
  readonly isMasked: boolean;
  readonly maskingKey: Buffer;
  readonly payload: Buffer;
}

export interface FrameParts {
  opcode: number;
  payload?: Uint8Array | string;
  fin?: boolean;
  /** The reserved bits, e.g. 0x40 for RSV1. */
  reserved?: number;
  /** A client's frames are masked, a server's are not. */
  mask?: boolean;
}

/** Writes a frame, correct or not: whatever the parts say. */
export function frame({
  opcode,
  payload = "",
  fin = true,
  reserved = 0,
  mask = false,
}: FrameParts): Buffer {
  const data = Buffer.from(payload as Uint8Array);
  const lengthBytes = data.length < 126 ? 0 : data.length < 65_536 ? 2 : 8;
  const header = Buffer.alloc(2 + lengthBytes + (mask ? 4 : 0));
  header[0] = (fin ? 0x80 : 0) | reserved | opcode;
  header[1] = (mask ? 0x80 : 0) | (lengthBytes === 0 ? data.length : lengthBytes === 2 ? 126 : 127);
  if (lengthBytes === 2) header.writeUInt16BE(data.length, 2);
  if (lengthBytes === 8) header.writeBigUInt64BE(BigInt(data.length), 2);
  if (!mask) return Buffer.concat([header, data]);
  const key = Buffer.from([0x37, 0xfa, 0x21, 0x3d]);
  key.copy(header, header.length - 4);
  return Buffer.concat([header, data.map((byte, index) => byte ^ key[index & 3]!)]);
}

/** The body of a Close frame. */
export function closeBody(code: number, reason: string | Uint8Array = ""): Buffer {
  const head = Buffer.alloc(2);
  head.writeUInt16BE(code);
  return Buffer.concat([head, Buffer.from(reason as Uint8Array)]);
}

/** The answer to a `Sec-WebSocket-Key` (RFC 6455 §4.2.2). */
export function acceptOf(key: string): string {
  return createHash("sha1").update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest("base64");
}

/** One end of a TCP connection that speaks frames by hand. */
export class RawPeer {
  readonly socket: Socket;
  private buffered: Buffer;
  private hasEnded = false;
  private wake: (() => void) | null = null;

  constructor(socket: Socket, head: Buffer = Buffer.alloc(0)) {
    this.socket = socket;
    this.buffered = head;
    socket.setNoDelay(true);
    socket.on("data", (chunk: Buffer) => {
      this.buffered = Buffer.concat([this.buffered, chunk]);
      this.wake?.();
    });
    const onEnd = () => {
      this.hasEnded = true;
      this.wake?.();
    };
    socket.on("end", onEnd);
    socket.on("close", onEnd);
    socket.on("error", () => {});
    onTestEnd(() => socket.destroy());
  }

  /** Everything that was read and not yet taken. */
  get pending(): Buffer {
    return this.buffered;
  }

  write(bytes: Uint8Array | string): void {
    this.socket.write(bytes);
  }

  /** Takes `count` bytes; null when the peer hung up before. */
  async take(count: number): Promise<Buffer | null> {
    while (this.buffered.length < count) {
      if (this.hasEnded) return null;
      await this.change();
    }
    const taken = this.buffered.subarray(0, count);
    this.buffered = this.buffered.subarray(count);
    return taken;
  }

  /** Takes text up to and including `end`; null when the peer hung up before. */
  async takeUntil(end: string): Promise<string | null> {
    for (;;) {
      const index = this.buffered.indexOf(end);
      if (index >= 0) return ((await this.take(index + end.length)) as Buffer).toString("latin1");
      if (this.hasEnded) return null;
      await this.change();
    }
  }

  /** The next frame; null when the peer hung up before. */
  async frame(): Promise<Frame | null> {
    const head = await this.take(2);
    if (head === null) return null;
    const first = head[0]!;
    const second = head[1]!;
    let length = second & 0x7f;
    if (length === 126) length = (await this.take(2))?.readUInt16BE() ?? 0;
    else if (length === 127) length = Number((await this.take(8))?.readBigUInt64BE() ?? 0n);
    const isMasked = (second & 0x80) !== 0;
    const key = isMasked ? await this.take(4) : Buffer.alloc(4);
    const payload = await this.take(length);
    if (key === null || payload === null) return null;
    return {
      fin: (first & 0x80) !== 0,
      rsv1: (first & 0x40) !== 0,
      opcode: first & 0x0f,
      isMasked,
      maskingKey: Buffer.from(key),
      payload: Buffer.from(payload.map((byte, index) => byte ^ key[index & 3]!)),
    };
  }

  /** The close code of the next frame, which must be a Close; 1005 when it has none. */
  async closeCode(): Promise<number | null> {
    const close = await this.frame();
    if (close === null) return null;
    if (close.opcode !== 8) throw new Error(`expected a Close frame, got opcode ${close.opcode}`);
    return close.payload.length === 0 ? 1005 : close.payload.readUInt16BE();
  }

  /** Waits until the peer has hung up. */
  async ended(): Promise<void> {
    while (!this.hasEnded) await this.change();
  }

  private change(): Promise<void> {
    return new Promise((resolve) => {
      this.wake = resolve;
    });
  }
}

export interface RawResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface RawRequest {
  method?: string;
  path?: string;
  /** Added to those of a good handshake; null leaves one out. */
  headers?: Record<string, string | null>;
  /** Bytes that follow the header in the same packet. */
  extra?: Uint8Array;
}

/** The key of the RFC's own example. */
export const sampleKey = "dGhlIHNhbXBsZSBub25jZQ==";

/** Sends a handshake by hand and reads what comes back. */
export async function requestUpgrade(
  port: number,
  { method = "GET", path = "/", headers = {}, extra }: RawRequest = {},
): Promise<{ peer: RawPeer; response: RawResponse }> {
  const socket = connect(port, "127.0.0.1");
  const peer = new RawPeer(socket);
  const all: Record<string, string | null> = {
    Host: `127.0.0.1:${port}`,
    Upgrade: "websocket",
    Connection: "Upgrade",
    "Sec-WebSocket-Key": sampleKey,
    "Sec-WebSocket-Version": "13",
    ...headers,
  };
  const lines = [`${method} ${path} HTTP/1.1`];
  for (const [name, value] of Object.entries(all))
    if (value !== null) lines.push(`${name}: ${value}`);
  const head = Buffer.from(`${lines.join("\r\n")}\r\n\r\n`);
  peer.write(extra === undefined ? head : Buffer.concat([head, extra]));
  const answer = await peer.takeUntil("\r\n\r\n");
  if (answer === null) return { peer, response: { status: 0, headers: {}, body: "" } };
  const [statusLine = "", ...fields] = answer.trimEnd().split("\r\n");
  const parsed: Record<string, string> = {};
  for (const field of fields) {
    const colon = field.indexOf(":");
    parsed[field.slice(0, colon).toLowerCase()] = field.slice(colon + 1).trim();
  }
  const status = Number(statusLine.split(" ")[1]);
  const length = status === 101 ? 0 : Number(parsed["content-length"] ?? 0);
  const body = (await peer.take(length))?.toString() ?? "";
  return { peer, response: { status, headers: parsed, body } };
}

/** Opens a WebSocket connection to a server under test and speaks frames by hand. */
export async function openRawClient(port: number, request?: RawRequest): Promise<RawPeer> {
  const { peer, response } = await requestUpgrade(port, request);
  if (response.status !== 101)
    throw new Error(`expected 101, got ${response.status} ${response.body}`);
  return peer;
}

export interface RawServer extends HttpListening {
  /** The next connection, after our side of the handshake. */
  readonly accepted: () => Promise<{ peer: RawPeer; request: IncomingMessage }>;
}

export interface RawServerOptions {
  /** Header lines of the 101 response beyond the usual ones. */
  headers?: Record<string, string>;
  /** Instead of the usual answer. */
  answer?: (request: IncomingMessage) => string;
  /** Bytes that follow the response in the same packet. */
  extra?: Uint8Array;
}

/** A server that answers handshakes by hand, to put a client under test. */
export async function listenRaw({
  headers = {},
  answer,
  extra,
}: RawServerOptions = {}): Promise<RawServer> {
  const listening = await listenHttp();
  const waiting: ((value: { peer: RawPeer; request: IncomingMessage }) => void)[] = [];
  const ready: { peer: RawPeer; request: IncomingMessage }[] = [];
  listening.http.on("upgrade", (request, socket, head) => {
    const peer = new RawPeer(socket as Socket, head);
    const lines = [
      "HTTP/1.1 101 Switching Protocols",
      "Upgrade: websocket",
      "Connection: Upgrade",
      `Sec-WebSocket-Accept: ${acceptOf(String(request.headers["sec-websocket-key"]))}`,
      ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
    ];
    const response = Buffer.from(answer?.(request) ?? `${lines.join("\r\n")}\r\n\r\n`);
    peer.write(extra === undefined ? response : Buffer.concat([response, extra]));
    const waiter = waiting.shift();
    if (waiter) waiter({ peer, request });
    else ready.push({ peer, request });
  });
  const accepted = () => {
    const one = ready.shift();
    if (one) return Promise.resolve(one);
    return new Promise<{ peer: RawPeer; request: IncomingMessage }>((resolve) =>
      waiting.push(resolve),
    );
  };
  return { ...listening, accepted };
}
