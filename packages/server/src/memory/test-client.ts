import { EventEmitter } from "node:events";
import { IncomingMessage } from "node:http";
import { enginePackets, packetTypeOf } from "@openline/protocol/engine";
import { encodePacket, type Packet, PacketDecoder, packetTypes } from "@openline/protocol/socket";
import type { EngineServer } from "../engine/engine-server.ts";
import { emitHere } from "../events/strict-emitter.ts";
import type { MessagePart } from "../messages/encoded-message.ts";
import { type MemoryPeer, MemoryTransport } from "./memory-transport.ts";

export interface TestClientOptions {
  /** Default "/". */
  namespace?: string | undefined;
  /** What the server gets as `socket.handshake.auth`. */
  auth?: Record<string, unknown> | undefined;
  /** What the server gets as `socket.handshake.headers`. */
  headers?: Record<string, string> | undefined;
  /** What the server gets as `socket.handshake.query`. */
  query?: Record<string, string> | undefined;
}

type Acknowledgement = (...args: unknown[]) => void;

/**
 * A Socket.IO client without a network, for tests: events and acknowledgements both ways, through
 * the server's real code.
 *
 * Events: what the server sends, `connect`, `connect_error` (error), `disconnect` (reason).
 */
export class TestClient extends EventEmitter implements MemoryPeer {
  /** The socket's id on the server, once it is connected. */
  id: string | undefined = undefined;
  connected = false;
  private readonly engine: EngineServer;
  private readonly options: TestClientOptions;
  private readonly nsp: string;
  private transport: MemoryTransport | null = null;
  private decoder = new PacketDecoder();
  private nextId = 0;
  private readonly acknowledgements = new Map<number, Acknowledgement>();

  constructor(engine: EngineServer, options: TestClientOptions = {}) {
    super();
    this.engine = engine;
    this.options = options;
    this.nsp = options.namespace ?? "/";
  }

  /**
   * Connects, or connects again.
   *
   * @throws Error with what the server refused it for; `data` is what a middleware gave
   */
  async connect(): Promise<this> {
    if (this.connected) return this;
    const transport = new MemoryTransport(this);
    this.transport = transport;
    this.decoder = new PacketDecoder();
    const settled = new Promise<void>((resolve, reject) => {
      const connected = (): void => {
        this.off("connect_error", refused);
        resolve();
      };
      const refused = (error: Error): void => {
        this.off("connect", connected);
        reject(error);
      };
      this.once("connect", connected);
      this.once("connect_error", refused);
    });
    await this.engine.accept(transport, memoryRequest(this.options));
    this.send({ type: packetTypes.connect, nsp: this.nsp, data: this.options.auth });
    await settled;
    return this;
  }

  /** Sends an event; a function as the last argument is called with the server's answer. */
  override emit(event: string, ...args: unknown[]): boolean {
    const data = [event, ...args];
    const packet: Packet = { type: packetTypes.event, nsp: this.nsp, data };
    if (typeof data.at(-1) === "function") {
      packet.id = this.nextId;
      this.nextId += 1;
      this.acknowledgements.set(packet.id, data.pop() as Acknowledgement);
    }
    this.send(packet);
    return true;
  }

  /** Sends an event; resolves to the first argument of the server's answer. */
  emitWithAck(event: string, ...args: unknown[]): Promise<unknown> {
    return new Promise((resolve) => this.emit(event, ...args, resolve));
  }

  /** Resolves to the arguments of the next event of that name. */
  received(event: string): Promise<unknown[]> {
    return new Promise((resolve) => this.once(event, (...args: unknown[]) => resolve(args)));
  }

  /** Leaves, and says so. */
  disconnect(): this {
    if (!this.connected) return this;
    this.send({ type: packetTypes.disconnect, nsp: this.nsp });
    this.send(`${enginePackets.close}`);
    this.over("io client disconnect");
    return this;
  }

  /** Loses its connection, as in a tunnel. */
  drop(): this {
    this.transport?.cut();
    return this;
  }

  // What the transport says.

  receive(part: MessagePart): void {
    if (typeof part !== "string") {
      this.take(this.decoder.addBytes(part));
      return;
    }
    const type = packetTypeOf(part);
    if (type === enginePackets.ping) this.send(`${enginePackets.pong}`);
    else if (type === enginePackets.message) this.take(this.decoder.addText(part.slice(1)));
  }

  lose(): void {
    this.over("transport close");
  }

  private take(packet: Packet | null): void {
    if (packet === null || packet.nsp !== this.nsp) return;
    const { type, data, id } = packet;
    switch (type) {
      case packetTypes.connect:
        this.connected = true;
        this.id = (data as { sid: string }).sid; // our own server's
        emitHere(this, "connect");
        return;
      case packetTypes.connectError: {
        const { message, data: details } = data as { message: string; data?: unknown };
        emitHere(this, "connect_error", Object.assign(new Error(message), { data: details }));
        return;
      }
      case packetTypes.event: {
        const args = [...(data as unknown[])];
        if (id !== undefined) args.push(this.answer(id));
        emitHere(this, args[0] as string, ...args.slice(1));
        return;
      }
      case packetTypes.ack: {
        const acknowledge = this.acknowledgements.get(id ?? -1);
        this.acknowledgements.delete(id ?? -1);
        acknowledge?.(...(data as unknown[]));
        return;
      }
      case packetTypes.disconnect:
        this.over("io server disconnect");
        return;
    }
  }

  private answer(id: number): Acknowledgement {
    return (...data) => this.send({ type: packetTypes.ack, nsp: this.nsp, id, data });
  }

  private send(packet: Packet | string): void {
    if (typeof packet === "string") {
      this.transport?.deliver(packet);
      return;
    }
    const { text, attachments } = encodePacket(packet, String(enginePackets.message));
    this.transport?.deliver(text);
    for (const attachment of attachments ?? []) this.transport?.deliver(attachment);
  }

  private over(reason: string): void {
    if (!this.connected) return;
    this.connected = false;
    this.id = undefined;
    emitHere(this, "disconnect", reason);
  }
}

/** The request that a client on a WebSocket would have made. */
export function memoryRequest({
  headers = {},
  query = {},
}: TestClientOptions = {}): IncomingMessage {
  const parameters = new URLSearchParams({ ...query, EIO: "4", transport: "websocket" });
  const request = Object.create(IncomingMessage.prototype) as IncomingMessage;
  const facts = { remoteAddress: "127.0.0.1", remotePort: 0, encrypted: false };
  const fields = { headers: { host: "localhost", ...headers }, socket: facts, connection: facts };
  for (const [name, value] of Object.entries(fields)) {
    // Accessors on the prototype, which an assignment would call.
    Object.defineProperty(request, name, { value, enumerable: true, configurable: true });
  }
  request.method = "GET";
  request.url = `/socket.io/?${parameters}`;
  request.httpVersion = "1.1";
  return request;
}
