import {
  type AddressInfo,
  connect,
  createServer,
  type Socket,
  type Server as TcpServer,
} from "node:net";
import { afterAll } from "vitest";
import type { PerMessageDeflateOptions, ServerOptions, WebSocket } from "ws";
import { encodeFrame, type FrameParts } from "./frame.ts";
import { acceptOf, fieldOf, formatHead, type HttpHead, parseHead, sampleKey } from "./handshake.ts";
import { RawPeer } from "./raw-peer.ts";
import { target } from "./target.ts";

/** A WebSocket of the implementation, open, with a raw peer at the other end. */
export interface Pair {
  readonly peer: RawPeer;
  /** The implementation's end: it sends each message back. */
  readonly socket: WebSocket;
  /** What the application was told, e.g. `message text 5`, `ping 0`, `close 1000 bye`. */
  readonly events: string[];
  /** Resolves with the code and reason of 'close'. */
  readonly closed: Promise<{ readonly code: number; readonly reason: string }>;
  /** Writes a frame as this raw peer has to: masked if it is the client. */
  readonly frame: FrameMaker;
  /** The head that the implementation sent: a request or a response. */
  readonly head: HttpHead;
}

/** The parts of a frame; who is the client masks it unless told otherwise. */
export type FrameMaker = (parts: Omit<FrameParts, "maskingKey"> & MaskPart) => Buffer;
type MaskPart = { readonly maskingKey?: Uint8Array | null };

/** The option `perMessageDeflate`. */
export type DeflateOptions = Omit<
  PerMessageDeflateOptions,
  "serverMaxWindowBits" | "clientMaxWindowBits"
> & {
  readonly serverMaxWindowBits?: number | boolean;
  readonly clientMaxWindowBits?: number | boolean;
};

/** The types of ws leave out that window bits may be booleans. */
export function asTyped(options: boolean | DeflateOptions): boolean | PerMessageDeflateOptions {
  return options as boolean | PerMessageDeflateOptions;
}

export interface OpenOptions {
  /** Of the implementation. Default: off. */
  readonly perMessageDeflate?: boolean | DeflateOptions;
  /** `Sec-WebSocket-Extensions` of the raw peer: its offer as a client, its answer as a server. */
  readonly extensions?: string;
  /** Sent by the raw peer in one write with its head. */
  readonly early?: (frame: FrameMaker) => Buffer;
  /** Bytes of one message. Default: no limit. */
  readonly maxPayload?: number;
  /** Whether the implementation sends messages back. Default true. */
  readonly echoes?: boolean;
}

/** One of the two roles in which the implementation is put under test. */
export interface Side {
  readonly name: "server" | "client";
  open(options?: OpenOptions): Promise<Pair>;
}

/** Limits are policies, not requirements: here they are off. */
const limitless = { maxFragments: 0, maxBufferedChunks: 0 } as const;

/** Of our server alone: it waits for a peer that reads slowly, and sends no pings. */
const patient = { backpressure: { maxBytes: Number.POSITIVE_INFINITY }, heartbeat: false } as const;

/** A new key for each frame, the same ones in each run. */
let maskSeed = 0x37fa_213d;
function nextMaskingKey(): Buffer {
  maskSeed = (Math.imul(maskSeed, 1_664_525) + 1_013_904_223) >>> 0;
  const key = Buffer.alloc(4);
  key.writeUInt32BE(maskSeed);
  return key;
}

/** Makes frames for a peer that masks, or does not. */
export function frameMaker(isMasked: boolean): FrameMaker {
  return (parts) => encodeFrame({ maskingKey: isMasked ? nextMaskingKey() : null, ...parts });
}

/** Lets the implementation's end echo, and notes what it is told. */
function watch(socket: WebSocket, echoes: boolean): Pick<Pair, "events" | "closed"> {
  const events: string[] = [];
  socket.on("message", (data: Buffer, isBinary) => {
    events.push(`message ${isBinary ? "binary" : "text"} ${data.length}`);
    if (echoes) socket.send(data, { binary: isBinary });
  });
  socket.on("ping", (data) => events.push(`ping ${data.length}`));
  socket.on("pong", (data) => events.push(`pong ${data.length}`));
  // What was wrong is told on the wire too; unheard, it would end the process of ws.
  socket.on("error", () => events.push("error"));
  const closed = new Promise<{ code: number; reason: string }>((resolve) => {
    socket.on("close", (code, reason) => {
      events.push(`close ${code} ${reason.toString()}`.trimEnd());
      resolve({ code, reason: reason.toString() });
    });
  });
  return { events, closed };
}

const cleanups: (() => void)[] = [];
afterAll(() => {
  for (const cleanup of cleanups.splice(0)) cleanup();
});

/** Listens on a free loopback port until the file's tests are done. */
async function listen(server: TcpServer): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const sockets = new Set<Socket>();
  server.on("connection", (socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
  });
  cleanups.push(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

/** Hands what one side has to the other side that asked for it by the same path. */
class Meeting<Value> {
  private readonly waiting = new Map<string, (value: Value) => void>();
  private count = 0;

  /** A new path, and what will come by it. */
  expect(): { path: string; arrival: Promise<Value> } {
    this.count += 1;
    const path = `/${this.count}`;
    return { path, arrival: this.expectAt(path) };
  }

  expectAt(path: string): Promise<Value> {
    return new Promise((resolve) => this.waiting.set(path, resolve));
  }

  arrive(path: string, value: Value): void {
    this.waiting.get(path)?.(value);
    this.waiting.delete(path);
  }
}

/** The header fields of a good opening request. */
export function requestFields(port: number): Record<string, string> {
  return {
    Host: `127.0.0.1:${port}`,
    Upgrade: "websocket",
    Connection: "Upgrade",
    "Sec-WebSocket-Key": sampleKey,
    "Sec-WebSocket-Version": "13",
  };
}

/** A raw TCP connection. It is closed when the file's tests are done. */
export async function connectRaw(port: number): Promise<RawPeer> {
  const socket = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
  cleanups.push(() => socket.destroy());
  const peer = new RawPeer(socket);
  await new Promise<void>((resolve, reject) => {
    socket.once("connect", resolve);
    socket.once("error", reject);
  });
  return peer;
}

interface Arrival {
  readonly socket: WebSocket;
  readonly remote: Socket;
  readonly watched: Pick<Pair, "events" | "closed">;
}

/** A server of the implementation, for raw clients. */
export interface RunningServer {
  readonly port: number;
  /** The path of a new request, and the connection that it becomes. */
  expect(): { path: string; arrival: Promise<Arrival> };
}

/** Starts a server of the implementation, with its own HTTP server. */
export async function startServer(
  options: ServerOptions = {},
  echoes = true,
): Promise<RunningServer> {
  const everything = { maxPayload: 0, ...limitless, ...patient, ...options };
  const server = new target.WebSocketServer({ port: 0, host: "127.0.0.1", ...everything });
  const meeting = new Meeting<Arrival>();
  server.on("connection", (socket, request) => {
    const watched = watch(socket, echoes);
    meeting.arrive(request.url ?? "", { socket, remote: request.socket, watched });
  });
  cleanups.push(() => {
    for (const socket of server.clients) socket.terminate();
    server.close();
  });
  await new Promise((resolve) => server.once("listening", resolve));
  const { port } = server.address() as AddressInfo;
  return { port, expect: () => meeting.expect() };
}

const servers = new Map<string, Promise<RunningServer>>();

/** One server for all connections with the same options. */
function serverFor(options: OpenOptions): Promise<RunningServer> {
  const { perMessageDeflate = false, maxPayload = 0, echoes = true } = options;
  const key = JSON.stringify([perMessageDeflate, maxPayload, echoes]);
  let server = servers.get(key);
  if (server === undefined) {
    server = startServer({ perMessageDeflate: asTyped(perMessageDeflate), maxPayload }, echoes);
    servers.set(key, server);
  }
  return server;
}

async function openServer(options: OpenOptions = {}): Promise<Pair> {
  const server = await serverFor(options);
  const peer = await connectRaw(server.port);
  const frame = frameMaker(true);
  const { path, arrival } = server.expect();
  const request = formatHead(`GET ${path} HTTP/1.1`, {
    ...requestFields(server.port),
    "Sec-WebSocket-Extensions": options.extensions ?? null,
  });
  peer.write(Buffer.concat([Buffer.from(request), options.early?.(frame) ?? Buffer.alloc(0)]));
  const head = parseHead(await peer.readHead());
  if (head.startLine !== "HTTP/1.1 101 Switching Protocols") {
    throw new Error(`the handshake was refused: ${head.startLine}`);
  }
  const { socket, remote, watched } = await arrival;
  peer.remote = remote;
  return { peer, socket, ...watched, frame, head };
}

/** What a raw server got: a connection, and the request that came by it. */
export interface RawRequest {
  readonly peer: RawPeer;
  readonly head: HttpHead;
}

/** A raw server for clients of the implementation. */
export interface RawServer {
  readonly port: number;
  /** The path for a new client, and the request that it becomes. */
  expect(): { path: string; arrival: Promise<RawRequest> };
  /** The next request for this resource. */
  expectPath(path: string): Promise<RawRequest>;
}

/** Starts a raw server: it reads requests and answers nothing. */
export async function startRawServer(): Promise<RawServer> {
  const meeting = new Meeting<RawRequest>();
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    const peer = new RawPeer(socket);
    peer.readHead().then(
      (text) => {
        const head = parseHead(text);
        meeting.arrive(head.startLine.split(" ")[1] ?? "", { peer, head });
      },
      () => socket.destroy(),
    );
  });
  const port = await listen(server);
  return {
    port,
    expect: () => meeting.expect(),
    expectPath: (path) => meeting.expectAt(path),
  };
}

/** The fields of a good answer to a request. */
export function answerFields(request: HttpHead): Record<string, string> {
  return {
    Upgrade: "websocket",
    Connection: "Upgrade",
    "Sec-WebSocket-Accept": acceptOf(fieldOf(request, "Sec-WebSocket-Key") ?? ""),
  };
}

let rawServer: Promise<RawServer> | null = null;

async function openClient(options: OpenOptions = {}): Promise<Pair> {
  const { perMessageDeflate = false, maxPayload = 0, echoes = true } = options;
  rawServer ??= startRawServer();
  const server = await rawServer;
  const { path, arrival } = server.expect();
  const socket = new target.WebSocket(`ws://127.0.0.1:${server.port}${path}`, {
    perMessageDeflate: asTyped(perMessageDeflate),
    maxPayload,
    ...limitless,
  });
  cleanups.push(() => socket.terminate());
  const watched = watch(socket, echoes);
  let remote: Socket | null = null;
  socket.on("upgrade", (response) => {
    remote = response.socket;
  });
  const opened = new Promise<void>((resolve, reject) => {
    socket.on("open", resolve);
    socket.on("error", reject);
  });
  const { peer, head } = await arrival;
  const frame = frameMaker(false);
  const answer = formatHead("HTTP/1.1 101 Switching Protocols", {
    ...answerFields(head),
    "Sec-WebSocket-Extensions": options.extensions ?? null,
  });
  peer.write(Buffer.concat([Buffer.from(answer), options.early?.(frame) ?? Buffer.alloc(0)]));
  await opened;
  peer.remote = remote;
  return { peer, socket, ...watched, frame, head };
}

/** Both roles: what holds for frames holds for both. */
export const sides: readonly Side[] = [
  { name: "server", open: openServer },
  { name: "client", open: openClient },
];
