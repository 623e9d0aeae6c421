import type { ClientRequest, IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import {
  firstByteOf,
  isValidCloseCode,
  MAX_REASON_BYTES,
  opcodes,
} from "@openline/protocol/websocket";
import { clientLinkOptions } from "./client/link-options.ts";
import { type Opening, openConnection } from "./client/opening.ts";
import type { ClientOptions as AnyClientOptions } from "./client/options.ts";
import {
  addEventListener,
  type EventListenerOptions,
  type EventType,
  getHandler,
  type Listener,
  type ListenerObject,
  removeEventListener,
  setHandler,
} from "./event-target.ts";
import type { CloseEvent, ErrorEvent, Event, MessageEvent } from "./events.ts";
import { Link, type LinkEvents } from "./link.ts";
import type { LinkDeflate, LinkOptions, PressureAction } from "./link-options.ts";
import { MessageWriter } from "./message-writer.ts";
import { messagesOf, type ReceivedMessage } from "./messages-of.ts";
import type { SendCallback } from "./outbox/outbox.ts";
import { type BinaryType, type RawData, toBuffer, toRawData } from "./received.ts";
import { isBlob, type SendData, toBytes } from "./send-data.ts";
import type { SharedMessage } from "./shared-message.ts";
import { TypedEmitter } from "./typed-emitter.ts";

type ClientOptions = AnyClientOptions<WebSocket>;

/** What a WebSocket needs of the server that it belongs to. */
export interface WebSocketHost {
  subscribe(socket: WebSocket, topic: string): void;
  unsubscribe(socket: WebSocket, topic: string): void;
  publish(topic: string, data: SendData, options: { binary?: boolean; except: WebSocket }): number;
  /** Called for a message to a peer whose send queue is full. */
  onPressure(socket: WebSocket, data: unknown): PressureAction;
  /** The connection is gone; 'close' follows. */
  left(socket: WebSocket): void;
}

/** An accepted handshake: everything that makes a WebSocket open. */
export interface Accepted {
  readonly socket: Socket;
  readonly head: Buffer;
  readonly options: LinkOptions;
  readonly deflate: LinkDeflate | null;
  readonly protocol: string;
  /** What a server answers before anything else. */
  readonly response?: string;
  readonly host: WebSocketHost | null;
}

// What the server may do with a WebSocket and its users may not: set by the class.
let acceptInto: (socket: WebSocket, accepted: Accepted) => void;
let deliverInto: (socket: WebSocket, message: SharedMessage) => boolean;
let linkEvents: LinkEvents<WebSocket>;

/** Opens a WebSocket that was made with `null`. */
export function openAccepted(socket: WebSocket, accepted: Accepted): void {
  acceptInto(socket, accepted);
}

/** Sends a shared message; false when the peer is not open or was too slow for it. */
export function deliver(socket: WebSocket, message: SharedMessage): boolean {
  return deliverInto(socket, message);
}

/** The events of a WebSocket, and what their listeners get. */
export interface WebSocketEvents {
  open: [];
  message: [data: RawData, isBinary: boolean];
  close: [code: number, reason: Buffer];
  error: [error: Error];
  ping: [data: Buffer];
  pong: [data: Buffer];
  /** A peer that was too slow has taken all that waited. */
  drain: [];
  upgrade: [response: IncomingMessage];
  redirect: [url: string, request: ClientRequest];
  "unexpected-response": [request: ClientRequest, response: IncomingMessage];
}

export interface SendOptions {
  /** Sends a binary message; by default everything but a string and a number is one. */
  binary?: boolean | undefined;
  /** May the message be compressed? Default true, where permessage-deflate was negotiated. */
  compress?: boolean | undefined;
  /** False when more fragments of this message follow. Default true. */
  fin?: boolean | undefined;
  /** Masks the frame. Default: true for a client, false for a server. */
  mask?: boolean | undefined;
}

const CONNECTING = 0;
const OPEN = 1;
const CLOSING = 2;
const CLOSED = 3;
const stateNames = ["CONNECTING", "OPEN", "CLOSING", "CLOSED"] as const;
const binaryTypes: readonly string[] = ["nodebuffer", "arraybuffer", "fragments", "blob"];
const noBytes: Buffer = Buffer.alloc(0);
const noTopics: ReadonlySet<string> = new Set();

/**
 * A WebSocket connection: a client when made with an address, otherwise a server's
 * end of one. The API is that of `ws`, and as far as events and properties go also
 * that of the browser's `WebSocket`.
 */
export class WebSocket extends TypedEmitter<WebSocketEvents> {
  declare static readonly CONNECTING: 0;
  declare static readonly OPEN: 1;
  declare static readonly CLOSING: 2;
  declare static readonly CLOSED: 3;

  declare readonly CONNECTING: 0;
  declare readonly OPEN: 1;
  declare readonly CLOSING: 2;
  declare readonly CLOSED: 3;

  static {
    acceptInto = (socket, accepted) => socket.accept(accepted);
    deliverInto = (socket, message) => socket.deliver(message);
    linkEvents = {
      message(socket, bytes, start, end, isBinary, isOwned, fragmentEnds) {
        const data = isBinary
          ? toRawData(bytes, start, end, isOwned, fragmentEnds, socket.type)
          : toBuffer(bytes, start, end, isOwned);
        socket.emit("message", data, isBinary);
      },
      ping: (socket, data) => socket.emit("ping", data),
      pong: (socket, data) => socket.emit("pong", data),
      drain: (socket) => socket.emit("drain"),
      error: (socket, error) => socket.report(error),
      lost: (socket) => socket.onLost(),
      close: (socket, code, reason) => socket.emit("close", code, reason),
    };
  }

  private link: Link<WebSocket> | null = null;
  private opening: Opening | null = null;
  private host: WebSocketHost | null = null;
  private writer: MessageWriter | null = null;
  private subscriptions: Set<string> | null = null;
  private chosenProtocol = "";
  private address = "";
  private type: BinaryType = "nodebuffer";
  /** Before there is a link, or when there never will be one. */
  private stateWithoutLink: 0 | 2 | 3 = CONNECTING;
  private refusedBytes = 0;

  /**
   * Opens a connection to `address` (ws:, wss:, http:, https:, ws+unix:, wss+unix:).
   * With `null` it makes a WebSocket that a server will open.
   *
   * @throws SyntaxError for an address or subprotocol that cannot be used
   */
  constructor(
    address: string | URL | null,
    protocols?: string | readonly string[] | ClientOptions | null,
    options?: ClientOptions,
  ) {
    super();
    if (address === null) return;
    const isList = typeof protocols === "string" || Array.isArray(protocols);
    // With two arguments the second may be the options.
    const chosen = (isList ? options : ((protocols as ClientOptions) ?? options)) ?? {};
    const named = isList ? protocols : chosen.protocols;
    this.connect(address, typeof named === "string" ? [named] : (named ?? []), chosen);
  }

  /** `CONNECTING` 0, `OPEN` 1, `CLOSING` 2 or `CLOSED` 3. */
  get readyState(): 0 | 1 | 2 | 3 {
    const { link } = this;
    if (link === null) return this.stateWithoutLink;
    if (link.isOpen) return OPEN;
    return link.isClosed ? CLOSED : CLOSING;
  }

  /** Bytes accepted by `send` that have not left the process. */
  get bufferedAmount(): number {
    const { link } = this;
    const queued = link === null ? 0 : link.outbox.queuedBytes;
    return queued + (this.writer === null ? 0 : this.writer.waitingBytes) + this.refusedBytes;
  }

  /** The shape of binary messages: "nodebuffer" (default), "arraybuffer", "fragments" or "blob". */
  get binaryType(): BinaryType {
    return this.type;
  }

  set binaryType(type: BinaryType) {
    if (!binaryTypes.includes(type)) return;
    this.type = type;
    if (this.link !== null) this.link.keepsFragments = type === "fragments";
  }

  /** The extensions in use: "permessage-deflate" or "". */
  get extensions(): string {
    return this.link?.deflate ? "permessage-deflate" : "";
  }

  /** The subprotocol that the server chose, or "". */
  get protocol(): string {
    return this.chosenProtocol;
  }

  /** The address of a client; "" on a server. */
  get url(): string {
    return this.address;
  }

  get isPaused(): boolean {
    return this.link?.isPaused ?? false;
  }

  /** The topics that this socket is subscribed to. */
  get topics(): ReadonlySet<string> {
    return this.subscriptions ?? noTopics;
  }

  /** The connection below, as in ws; null while connecting. */
  get _socket(): Socket | null {
    return this.link === null ? null : this.link.socket;
  }

  /**
   * Sends a message. The callback runs when it has left the process, or with the
   * error that kept it from leaving.
   *
   * @throws Error while connecting
   * @throws TypeError when `data` has no bytes
   */
  send(data: SendData, callback?: SendCallback): void;
  send(data: SendData, options: SendOptions | undefined, callback?: SendCallback): void;
  send(data: SendData, second?: SendOptions | SendCallback, third?: SendCallback): void {
    const callback = typeof second === "function" ? second : third;
    const options = typeof second === "function" ? undefined : second;
    const { link } = this;
    if (link === null || !link.isOpen) {
      this.refuse(data, callback);
      return;
    }
    if (link.isFull && !this.mayQueue(data, callback)) return;
    const isBinary = options?.binary ?? (typeof data !== "string" && typeof data !== "number");
    const isMasked = options?.mask ?? !link.options.isServer;
    const fin = options?.fin ?? true;
    if (!fin || link.deflate !== null || this.writer?.isBusy === true || isBlob(data)) {
      this.writer ??= new MessageWriter(link);
      const compress = options?.compress ?? true;
      this.writer.send(data, { isBinary, fin, compress, isMasked }, callback);
      return;
    }
    const firstByte = firstByteOf(isBinary ? opcodes.binary : opcodes.text, true, false);
    const maskingKey = link.maskingKey(isMasked);
    if (typeof data === "string") link.outbox.sendText(firstByte, data, maskingKey);
    else link.outbox.sendBytes(firstByte, toBytes(data), maskingKey);
    if (callback !== undefined) link.outbox.onceWritten(callback);
  }

  /**
   * Sends a ping; the peer answers with a pong of the same data.
   *
   * @throws RangeError when the data is longer than 125 bytes
   */
  ping(
    data?: SendData | SendCallback,
    mask?: boolean | SendCallback,
    callback?: SendCallback,
  ): void {
    this.sendControl(opcodes.ping, data, mask, callback);
  }

  /**
   * Sends a pong, which needs no ping before it.
   *
   * @throws RangeError when the data is longer than 125 bytes
   */
  pong(
    data?: SendData | SendCallback,
    mask?: boolean | SendCallback,
    callback?: SendCallback,
  ): void {
    this.sendControl(opcodes.pong, data, mask, callback);
  }

  /**
   * Starts the closing handshake. `code` is 1000–1003, 1007–1014 or 3000–4999.
   *
   * @throws TypeError for another code, or a reason that is neither text nor bytes
   * @throws RangeError for a reason longer than 123 bytes
   */
  close(code?: number, reason?: string | ArrayBufferView): void {
    const { link } = this;
    if (link === null) {
      this.abort("WebSocket was closed before the connection was established");
      return;
    }
    if (!link.isOpen) return;
    if (code !== undefined && (typeof code !== "number" || !isValidCloseCode(code))) {
      throw new TypeError(
        `First argument must be a valid error code number: 1000-1003, 1007-1014 or 3000-4999, not ${String(code)}`,
      );
    }
    link.close(code, reasonBytes(reason));
  }

  /** Ends the connection at once, without a closing handshake. */
  terminate(): void {
    if (this.link !== null) this.link.destroy();
    else this.abort("WebSocket was closed before the connection was established");
  }

  /** Stops reading, so that the peer has to wait; pings are not answered meanwhile. */
  pause(): void {
    if (this.readyState === OPEN || this.readyState === CLOSING) this.link?.pause();
  }

  resume(): void {
    if (this.isPaused) this.link?.resume();
  }

  /**
   * Receives what is published to `topic` from now on.
   *
   * @throws Error on a client: topics belong to a server
   */
  subscribe(topic: string): void {
    const host = this.server();
    if (typeof topic !== "string") throw new TypeError("A topic is a string");
    if (this.readyState !== OPEN || this.topics.has(topic)) return;
    this.subscriptions ??= new Set();
    this.subscriptions.add(topic);
    host.subscribe(this, topic);
  }

  unsubscribe(topic: string): void {
    if (this.subscriptions?.delete(topic)) this.server().unsubscribe(this, topic);
  }

  /** Sends `data` to all subscribers of `topic` but this one; returns how many. */
  publish(topic: string, data: SendData, options?: { binary?: boolean }): number {
    return this.server().publish(topic, data, { ...options, except: this });
  }

  addEventListener<Type extends EventType>(
    type: Type,
    listener: Listener<Type, WebSocket> | ListenerObject<Type, WebSocket> | null,
    options?: EventListenerOptions | boolean,
  ): void {
    addEventListener(this, type, listener, options);
  }

  removeEventListener<Type extends EventType>(
    type: Type,
    listener: Listener<Type, WebSocket> | ListenerObject<Type, WebSocket> | null,
  ): void {
    removeEventListener(this, type, listener);
  }

  get onopen(): ((event: Event<WebSocket>) => void) | null {
    return getHandler(this, "open");
  }

  set onopen(handler: ((event: Event<WebSocket>) => void) | null) {
    setHandler<"open", WebSocket>(this, "open", handler);
  }

  get onmessage(): ((event: MessageEvent<WebSocket>) => void) | null {
    return getHandler(this, "message");
  }

  set onmessage(handler: ((event: MessageEvent<WebSocket>) => void) | null) {
    setHandler<"message", WebSocket>(this, "message", handler);
  }

  get onclose(): ((event: CloseEvent<WebSocket>) => void) | null {
    return getHandler(this, "close");
  }

  set onclose(handler: ((event: CloseEvent<WebSocket>) => void) | null) {
    setHandler<"close", WebSocket>(this, "close", handler);
  }

  get onerror(): ((event: ErrorEvent<WebSocket>) => void) | null {
    return getHandler(this, "error");
  }

  set onerror(handler: ((event: ErrorEvent<WebSocket>) => void) | null) {
    setHandler<"error", WebSocket>(this, "error", handler);
  }

  /** The messages from now on: `for await (const { data, isBinary } of socket)`. */
  [Symbol.asyncIterator](): AsyncIterableIterator<ReceivedMessage> {
    return messagesOf(this);
  }

  private accept(accepted: Accepted): void {
    this.chosenProtocol = accepted.protocol;
    this.host = accepted.host;
    const link = new Link(this, accepted.socket, accepted.options, accepted.deflate, linkEvents);
    this.link = link;
    link.keepsFragments = this.type === "fragments";
    if (accepted.response !== undefined) {
      link.outbox.sendRaw(accepted.response);
      // At once: users may write to the socket below, past the outbox.
      link.outbox.flush();
    }
    link.start(accepted.head);
  }

  private deliver(message: SharedMessage): boolean {
    const { link, writer } = this;
    if (link === null || !link.isOpen) return false;
    if (link.isFull && !this.mayQueue(message, undefined)) return false;
    if (link.deflate === null && writer === null) {
      const frame = message.plain();
      link.outbox.sendShared(frame.bytes, frame.batch);
      return true;
    }
    this.writer ??= new MessageWriter(link);
    this.writer.sendShared(message);
    return true;
  }

  private onLost(): void {
    this.writer?.close();
    const { host } = this;
    if (host === null) return;
    for (const topic of this.topics) host.unsubscribe(this, topic);
    this.subscriptions = null;
    host.left(this);
  }

  private connect(
    address: string | URL,
    protocols: readonly string[],
    options: ClientOptions,
  ): void {
    const linkOptions = clientLinkOptions(options);
    const opening = openConnection(address, [...protocols], options, {
      websocket: this,
      onUrl: (url: string): void => {
        this.address = url;
      },
      onStart: (opening): void => {
        this.opening = opening;
      },
      hasRedirectListener: (): boolean => this.listenerCount("redirect") > 0,
      onUpgrade: (response: IncomingMessage): void => {
        this.emit("upgrade", response);
      },
      onOpen: (socket, head, protocol, parameters): void => {
        if (this.stateWithoutLink !== CONNECTING) {
          socket.destroy();
          return;
        }
        this.opening = null;
        const deflate =
          parameters === null || linkOptions.deflate === null
            ? null
            : { parameters, options: linkOptions.deflate };
        this.accept({ socket, head, options: linkOptions, deflate, protocol, host: null });
        this.emit("open");
      },
      onRedirect: (url: string, request: ClientRequest): void => {
        this.emit("redirect", url, request);
      },
      onUnexpectedResponse: (request: ClientRequest, response: IncomingMessage): boolean =>
        this.emit("unexpected-response", request, response),
      onError: (error: Error): void => this.fail(error),
    });
    if (this.stateWithoutLink === CONNECTING && this.link === null) this.opening = opening;
  }

  /** The opening handshake failed. */
  private fail(error: Error): void {
    if (this.stateWithoutLink === CLOSED || this.link !== null) return;
    this.stateWithoutLink = CLOSING;
    this.opening = null;
    if (this.listenerCount("error") > 0) this.emit("error", error);
    else process.emitWarning(error);
    this.stateWithoutLink = CLOSED;
    this.emit("close", 1006, noBytes);
  }

  private abort(message: string): void {
    const { opening } = this;
    if (this.stateWithoutLink !== CONNECTING || opening === null) return;
    this.stateWithoutLink = CLOSING;
    opening.abort();
    const error = new Error(message);
    process.nextTick(() => this.fail(error));
  }

  private server(): WebSocketHost {
    if (this.host === null) {
      throw new Error("Topics belong to a server: this WebSocket is a client's or not yet open");
    }
    return this.host;
  }

  /** Asks the policy about a message for a peer that reads too slowly. */
  private mayQueue(data: unknown, callback: SendCallback | undefined): boolean {
    const link = this.link as Link<WebSocket>; // only called with one
    const action = this.host === null ? "queue" : this.host.onPressure(this, data);
    if (action === "queue") return true;
    const error = Object.assign(
      new Error(
        `The peer reads too slowly: ${link.outbox.queuedBytes} bytes wait, backpressure.maxBytes is ${link.options.maxQueuedBytes}`,
      ),
      { code: "OPENLINE_SEND_QUEUE_FULL" },
    );
    if (callback !== undefined) process.nextTick(callback, error);
    if (action === "close") {
      link.destroy();
      this.report(error);
    }
    return false;
  }

  /** An 'error' that nobody listens for does not end the process: a peer could cause it. */
  private report(error: Error): void {
    if (this.listenerCount("error") > 0) this.emit("error", error);
  }

  private sendControl(
    opcode: number,
    data: SendData | SendCallback,
    mask: boolean | SendCallback | undefined,
    callback: SendCallback | undefined,
  ): void {
    const payload = typeof data === "function" ? undefined : data;
    const isMasked = typeof mask === "boolean" ? mask : undefined;
    const done = typeof data === "function" ? data : typeof mask === "function" ? mask : callback;
    const { link } = this;
    if (link === null || !link.isOpen) {
      this.refuse(payload, done);
      return;
    }
    const source = isBlob(payload) ? payload : toBytes(payload);
    if ((source instanceof Uint8Array ? source.length : source.size) > 125) {
      throw new RangeError("The data size must not be greater than 125 bytes");
    }
    const masks = isMasked ?? !link.options.isServer;
    if (!(source instanceof Uint8Array) || this.writer?.isBusy === true) {
      this.writer ??= new MessageWriter(link);
      this.writer.sendControl(opcode, source, masks, done);
      return;
    }
    link.sendControl(opcode, source, masks);
    if (done !== undefined) link.outbox.onceWritten(done);
  }

  /** As in ws: throws before the connection is open, calls back with an error after. */
  private refuse(data: SendData, callback: SendCallback | undefined): void {
    const state = this.readyState;
    if (state === CONNECTING) {
      throw new Error("WebSocket is not open: readyState 0 (CONNECTING)");
    }
    if (data !== undefined && data !== null) {
      this.refusedBytes += isBlob(data) ? data.size : toBytes(data).length;
    }
    if (callback !== undefined) {
      const message = `WebSocket is not open: readyState ${state} (${stateNames[state]})`;
      process.nextTick(callback, new Error(message));
    }
  }
}

for (const [index, name] of stateNames.entries()) {
  Object.defineProperty(WebSocket, name, { enumerable: true, value: index });
  Object.defineProperty(WebSocket.prototype, name, { enumerable: true, value: index });
}

/** Node's memory may lie behind a number or a foreign object: only text and bytes are taken. */
function reasonBytes(reason: string | ArrayBufferView | undefined): Uint8Array {
  if (reason === undefined) return noBytes;
  if (typeof reason !== "string" && !ArrayBuffer.isView(reason)) {
    throw new TypeError("The reason must be a string or a Buffer");
  }
  const bytes = toBytes(reason);
  if (bytes.length > MAX_REASON_BYTES) {
    throw new RangeError("The message must not be greater than 123 bytes");
  }
  return bytes;
}

export type { RawData };
