import { type Packet, packetTypes } from "@openline/protocol/socket";
import { nowMs, WheelEntry, wheel } from "@openline/websocket/link";
import type { EngineCloseReason, EngineSocket, MessageReceiver } from "./engine/engine-socket.ts";
import { Allowance, type Allowances } from "./guard/allowance.ts";
import { closeCodeOf, type GuardRefusal, refusal } from "./guard/codes.ts";
import type { Logger } from "./guard/logger.ts";
import type { EngineIncomingMessage } from "./http/handshake-request.ts";
import type { EncodedMessage, MessagePart } from "./messages/encoded-message.ts";
import { type PacketCodec, type PacketReader, toPart } from "./messages/packet-codec.ts";
import { report } from "./observe/report.ts";
import type { BroadcastFlags } from "./rooms/adapter.ts";

/** Why a socket was disconnected. */
export type DisconnectReason =
  | EngineCloseReason
  | "forced server close"
  | "client namespace disconnect"
  | "server namespace disconnect";

/** What a client's connection to a namespace sends with its CONNECT. */
// biome-ignore lint/suspicious/noExplicitAny: as in Socket.IO; check it before you use it
export type Auth = Record<string, any>;

/** One namespace's end of a client. */
export interface ClientSocket {
  readonly id: string;
  readonly nsp: { readonly name: string };
  receive(packet: Packet): void;
  /** Who is at the other end, if that is known. */
  readonly principal: { readonly id: string } | null;
  /** An event was too much: its sender is told. */
  refuseEvent(packet: Packet, refusal: GuardRefusal): void;
  /** What came cannot be read: the connection will be closed. */
  fail(error: Error): void;
  lose(reason: DisconnectReason, description: Error | undefined): void;
  disconnect(): unknown;
}

/** What a client needs of the server. */
export interface ClientHost<Socket extends ClientSocket> {
  readonly codec: PacketCodec;
  readonly connectTimeoutMs: number;
  /** How much clients may send. */
  readonly allowances: Allowances;
  readonly limits: { readonly namespacesPerConnection: number };
  /** Where refusals are written; null: nowhere. */
  readonly logger: Logger | null;
  /** Why a connection is ended that joins no namespace in time; null: without a word. */
  readonly connectRefusal: GuardRefusal | null;
  /** Lets a client into a namespace; calls back with its socket once it is in. */
  enter(
    client: Client<Socket>,
    name: string,
    auth: Auth,
    done: (socket: Socket | null) => void,
  ): void;
}

/** Ends a connection that has joined no namespace in time. */
class ConnectDeadline extends WheelEntry {
  private readonly onExpired: () => void;

  constructor(onExpired: () => void) {
    super();
    this.onExpired = onExpired;
  }

  expire(): void {
    this.onExpired();
  }
}

/** One connection, with a socket for each namespace that it has joined. */
export class Client<Socket extends ClientSocket> implements MessageReceiver {
  readonly conn: EngineSocket;
  readonly id: string;
  private readonly host: ClientHost<Socket>;
  private readonly reader: PacketReader;
  /** Most clients have but one: a map is made for the second. */
  private only: Socket | null = null;
  private others: Map<string, Socket> | null = null;
  /** Namespaces whose middlewares have not decided. */
  private entering: Set<string> | null = null;
  private deadline: ConnectDeadline | null;
  private readonly allowance: Allowance;
  /** Of the packet that is being received. */
  private packetBytes = 0;
  /** How much too early it came, in milliseconds. */
  private earlyMs = 0;

  constructor(host: ClientHost<Socket>, conn: EngineSocket) {
    this.host = host;
    this.conn = conn;
    this.id = conn.id;
    this.reader = host.codec.newReader();
    this.allowance = new Allowance(host.allowances, nowMs);
    this.deadline = new ConnectDeadline(() => {
      if (host.connectRefusal === null) this.close();
      else this.dismiss(host.connectRefusal);
    });
    wheel.schedule(this.deadline, host.connectTimeoutMs);
    conn.receiver = this;
    if (conn.protocol === 3) this.connect("/", {});
  }

  /** The request that opened the connection. */
  get request(): EngineIncomingMessage {
    return this.conn.request;
  }

  /** The sockets by their ids. */
  get sockets(): Map<string, Socket> {
    return new Map(this.all().map((socket) => [socket.id, socket]));
  }

  /** The sockets by their namespaces' names. */
  get nsps(): Map<string, Socket> {
    return new Map(this.all().map((socket) => [socket.nsp.name, socket]));
  }

  send(packet: Packet, flags: BroadcastFlags | undefined): void {
    const encoded = this.host.codec.encode(packet);
    if (typeof encoded === "string") {
      if (flags?.volatile === true && this.leavesOut(encoded.length)) return;
      this.conn.sendPart(encoded, flags);
    } else this.sendParts(encoded, flags);
  }

  /** Sends what others get too. */
  sendShared(message: EncodedMessage, flags: BroadcastFlags): void {
    if (flags.volatile === true && this.leavesOut(lengthOf(message.parts))) return;
    this.conn.sendShared(message, flags);
  }

  /** Sends what nobody else gets: straight into the outbox, in a third of the time. */
  sendAlone(message: EncodedMessage, flags: BroadcastFlags): void {
    this.sendParts(message.parts, flags);
  }

  /** Sends what an adapter has encoded by itself. */
  writeToEngine(encoded: unknown, flags: BroadcastFlags = {}): void {
    const all: unknown[] = Array.isArray(encoded) ? encoded : [encoded];
    this.sendParts(all.map(toPart), flags);
  }

  /** Leaves all namespaces and closes the connection. */
  disconnectAll(): void {
    for (const socket of this.all()) socket.disconnect();
    this.close();
  }

  /** Ends the connection; its sockets are lost as by a cut, and may come back. */
  dismiss({ code, message }: GuardRefusal): void {
    report("refused", this.host.logger, () => ({
      what: "connection",
      code,
      message,
      connection: this.id,
      address: this.conn.remoteAddress,
    }));
    this.conn.dismiss(closeCodeOf(code), code);
  }

  /** A socket has left its namespace. */
  remove(socket: Socket): void {
    if (this.only === socket) this.only = null;
    else this.others?.delete(socket.nsp.name);
  }

  // What the connection says.

  onText(text: string): void {
    this.weigh(text.length);
    let packet: Packet | null;
    try {
      packet = this.reader.addText(text);
    } catch (error) {
      this.fail(error);
      return;
    }
    if (packet !== null) this.onPacket(packet);
  }

  onBytes(bytes: Buffer): void {
    this.weigh(bytes.length);
    let packet: Packet | null;
    try {
      packet = this.reader.addBytes(bytes);
    } catch (error) {
      this.fail(error);
      return;
    }
    if (packet !== null) this.onPacket(packet);
  }

  onClose(reason: EngineCloseReason, description: Error | undefined): void {
    this.end(reason, description);
  }

  private weigh(bytes: number): void {
    this.packetBytes += bytes;
    this.earlyMs = Math.max(this.earlyMs, this.allowance.takeBytes(bytes));
  }

  /** Why a packet was too much; null if it was not. */
  private judge(packet: Packet, socket: Socket | null): GuardRefusal | null {
    const { allowance, packetBytes, earlyMs } = this;
    this.packetBytes = 0;
    this.earlyMs = 0;
    if (earlyMs > 0) return refusal("OPENLINE_TOO_MANY_BYTES", { retryAfterMs: finite(earlyMs) });
    let waitMs = allowance.takeMessage();
    if (waitMs === 0 && socket !== null && packet.type === packetTypes.event) {
      const [name] = packet.data as readonly unknown[]; // an event's
      waitMs = allowance.takeEvent(String(name), packetBytes, socket.principal?.id ?? null);
    }
    if (waitMs === 0) return null;
    return refusal("OPENLINE_TOO_MANY_MESSAGES", { retryAfterMs: finite(waitMs) });
  }

  /** Tells the sender of a packet that it was too much; ends a connection that does not listen. */
  private refuse(packet: Packet, socket: Socket | null, reason: GuardRefusal): void {
    const isEvent = packet.type === packetTypes.event;
    if (isEvent && socket !== null) socket.refuseEvent(packet, reason);
    if (!isEvent || this.allowance.strike()) this.dismiss(reason);
  }

  private onPacket(packet: Packet): void {
    let { nsp } = packet;
    let auth = packet.data;
    if (this.conn.protocol === 3 && packet.type === packetTypes.connect) {
      // In version 4 of Socket.IO's protocol the auth data is the namespace's query.
      const mark = nsp.indexOf("?");
      auth = mark === -1 ? {} : Object.fromEntries(new URLSearchParams(nsp.slice(mark)));
      nsp = mark === -1 ? nsp : nsp.slice(0, mark);
    }
    const socket = this.find(nsp);
    const excess = this.judge(packet, socket);
    if (excess !== null) {
      this.refuse(packet, socket, excess);
      return;
    }
    if (packet.type === packetTypes.connect) {
      const isKnown = socket !== null || this.entering?.has(nsp) === true;
      // The main namespace is joined by opening a connection in version 3, and named all the same.
      if (isKnown && this.conn.protocol === 3) return;
      if (isKnown) this.close();
      else if (this.count() >= this.host.limits.namespacesPerConnection) {
        this.dismiss(refusal("OPENLINE_TOO_MANY_NAMESPACES"));
      } else this.connect(nsp, (auth ?? {}) as Auth); // the decoder lets only objects pass
    } else if (socket === null || packet.type === packetTypes.connectError) {
      this.close();
    } else socket.receive(packet);
  }

  private connect(name: string, auth: Auth): void {
    this.entering ??= new Set();
    this.entering.add(name);
    this.host.enter(this, name, auth, (socket) => {
      this.entering?.delete(name);
      if (this.entering?.size === 0) this.entering = null;
      if (socket !== null) this.add(socket);
    });
  }

  private add(socket: Socket): void {
    this.conn.identify();
    if (this.deadline !== null) wheel.cancel(this.deadline);
    this.deadline = null;
    if (this.only === null) this.only = socket;
    else {
      this.others ??= new Map();
      this.others.set(socket.nsp.name, socket);
    }
  }

  private find(name: string): Socket | null {
    const { only } = this;
    if (only !== null && only.nsp.name === name) return only;
    return this.others?.get(name) ?? null;
  }

  private all(): Socket[] {
    const all = this.others === null ? [] : [...this.others.values()];
    return this.only === null ? all : [this.only, ...all];
  }

  private count(): number {
    return (this.only === null ? 0 : 1) + (this.others?.size ?? 0) + (this.entering?.size ?? 0);
  }

  private sendParts(parts: readonly MessagePart[], flags: BroadcastFlags | undefined): void {
    if (flags?.volatile === true && this.leavesOut(lengthOf(parts))) return;
    for (const part of parts) this.conn.sendPart(part, flags);
  }

  /** Volatile messages are left out when they would have to wait. */
  private leavesOut(size: number): boolean {
    if (!this.conn.isBlocked) return false;
    this.conn.pressure.drop(size);
    return true;
  }

  private fail(error: unknown): void {
    const reason = error instanceof Error ? error : new Error(String(error));
    for (const socket of this.all()) socket.fail(reason);
    this.conn.close();
  }

  private close(): void {
    if (this.conn.readyState !== "open") return;
    this.conn.receiver = null;
    this.conn.close();
    this.end("forced server close", undefined);
  }

  private end(reason: DisconnectReason, description: Error | undefined): void {
    if (this.deadline !== null) wheel.cancel(this.deadline);
    this.deadline = null;
    for (const socket of this.all()) socket.lose(reason, description);
    this.only = null;
    this.others = null;
    this.reader.reset();
  }
}

/** Of what will never be taken, nobody has to wait for the end. */
function finite(ms: number): number {
  return Math.min(ms, Number.MAX_SAFE_INTEGER);
}

function lengthOf(parts: readonly MessagePart[]): number {
  let length = 0;
  for (const part of parts) length += part.length;
  return length;
}
