import { enginePackets, packetTypeOf } from "@openline/protocol/engine";
import { encodePacket, type Packet, PacketDecoder, packetTypes } from "@openline/protocol/socket";
import type { MessagePart } from "openline/testing";
import type { LineUser } from "../network/line.ts";
import type { Cancel, Scheduler } from "../world/scheduler.ts";

/** A connection, as a client uses it. */
export interface ClientLine {
  sendToServer(part: MessagePart): void;
  leave(): void;
}

/** What a socket tells of itself. */
export interface SocketEvents {
  /** `asked`: what it sent to resume by. */
  connected(recovered: boolean, asked: ResumeRequest | null): void;
  refused(message: string): void;
  event(args: readonly unknown[]): void;
  /** `isFinal`: the server has sent it away, and it does not come back by itself. */
  disconnected(isFinal: boolean): void;
}

export interface ResumeRequest {
  readonly pid: string;
  readonly offset: string | undefined;
}

type Acknowledge = (answer: unknown) => void;

/** How long it waits for a connection to open. */
const OPEN_TIMEOUT_MS = 2_000;
const RECONNECT_MS = 400;

/**
 * A Socket.IO client with connection state recovery, in the main namespace: what it sends and
 * remembers is what the stock client sends and remembers, its oddities included.
 */
export class StockSocket implements LineUser {
  /** Sent with each CONNECT. */
  auth: Record<string, unknown> = {};
  id: string | null = null;
  /** Kept when the connection is lost, and when a resume fails, as in the stock client. */
  pid: string | undefined = undefined;
  lastOffset: string | undefined = undefined;
  connected = false;
  /** Wants to be connected. */
  isActive = false;
  private readonly scheduler: Scheduler;
  private readonly open: (user: LineUser) => ClientLine | null;
  private readonly events: SocketEvents;
  private line: ClientLine | null = null;
  private asked: ResumeRequest | null = null;
  private decoder = new PacketDecoder();
  private nextAckId = 0;
  private readonly acks = new Map<number, Acknowledge>();
  private cancelTimeout: Cancel = () => {};
  private cancelReconnect: Cancel = () => {};
  private silenceMs = 0;

  constructor(
    scheduler: Scheduler,
    open: (user: LineUser) => ClientLine | null,
    events: SocketEvents,
  ) {
    this.scheduler = scheduler;
    this.open = open;
    this.events = events;
  }

  /** Connects, and comes back from now on. */
  connect(): void {
    this.isActive = true;
    if (this.line !== null) return;
    this.cancelReconnect();
    this.decoder = new PacketDecoder();
    this.line = this.open(this);
    if (this.line === null) this.reconnectLater();
    else this.expectWithin(OPEN_TIMEOUT_MS);
  }

  /** Leaves the namespace, and says so. */
  disconnect(): void {
    this.isActive = false;
    if (this.connected) this.send({ type: packetTypes.disconnect, nsp: "/" });
    this.drop();
  }

  /** Gives the connection up, as a client does that hears nothing any more. */
  drop(): void {
    const { line } = this;
    line?.leave();
    this.over(false);
  }

  /** Forgets its session, as a page does that is reloaded. */
  reload(): void {
    this.drop();
    this.pid = undefined;
    this.lastOffset = undefined;
  }

  /** Sends an event; with `acknowledge`, for an answer, which may never come. */
  emit(args: readonly unknown[], acknowledge?: Acknowledge): void {
    if (!this.connected) return;
    const packet: Packet = { type: packetTypes.event, nsp: "/", data: args };
    if (acknowledge !== undefined) {
      packet.id = this.nextAckId;
      this.acks.set(this.nextAckId, acknowledge);
      this.nextAckId += 1;
    }
    this.send(packet);
  }

  // What the line says.

  receive(part: MessagePart): void {
    if (this.line === null) return;
    if (typeof part !== "string") {
      this.take(this.decoder.addBytes(Buffer.from(part)));
      return;
    }
    switch (packetTypeOf(part)) {
      case enginePackets.open:
        this.opened(part.slice(1));
        return;
      case enginePackets.ping:
        this.expectWithin(this.silenceMs);
        this.line.sendToServer(`${enginePackets.pong}`);
        return;
      case enginePackets.message:
        this.take(this.decoder.addText(part.slice(1)));
        return;
      case enginePackets.close:
        this.drop();
        return;
    }
  }

  lose(): void {
    this.over(false);
  }

  private opened(handshake: string): void {
    const { pingInterval, pingTimeout } = JSON.parse(handshake) as Record<string, number>;
    this.silenceMs = (pingInterval ?? 0) + (pingTimeout ?? 0);
    this.expectWithin(this.silenceMs);
    const { pid, lastOffset } = this;
    this.asked = pid === undefined ? null : { pid, offset: lastOffset };
    const data = pid === undefined ? this.auth : { ...this.auth, pid, offset: lastOffset };
    this.send({ type: packetTypes.connect, nsp: "/", data });
  }

  private take(packet: Packet | null): void {
    if (packet === null || this.line === null) return;
    switch (packet.type) {
      case packetTypes.connect: {
        const { sid, pid } = packet.data as { sid: string; pid: string };
        const recovered = pid !== undefined && this.pid === pid;
        this.id = sid;
        this.pid = pid;
        this.connected = true;
        this.events.connected(recovered, this.asked);
        return;
      }
      case packetTypes.connectError: {
        // It does not come back by itself, until it is told to.
        this.isActive = false;
        const { message } = packet.data as { message: string };
        this.line.leave();
        this.over(false);
        this.events.refused(message);
        return;
      }
      case packetTypes.event: {
        const args = packet.data as unknown[];
        this.events.event(args);
        const last = args.at(-1);
        if (this.pid !== undefined && typeof last === "string") this.lastOffset = last;
        return;
      }
      case packetTypes.ack: {
        const acknowledge = this.acks.get(packet.id ?? -1);
        this.acks.delete(packet.id ?? -1);
        acknowledge?.((packet.data as unknown[])[0]);
        return;
      }
      case packetTypes.disconnect:
        this.isActive = false;
        this.line.leave();
        this.over(true);
        return;
    }
  }

  private send(packet: Packet): void {
    const { text, attachments } = encodePacket(packet, `${enginePackets.message}`);
    this.line?.sendToServer(text);
    for (const attachment of attachments ?? []) this.line?.sendToServer(attachment);
  }

  /** What the server has promised to send within that time, or the connection is given up. */
  private expectWithin(ms: number): void {
    this.cancelTimeout();
    this.cancelTimeout = this.scheduler.after(ms, () => this.drop());
  }

  private over(isFinal: boolean): void {
    this.cancelTimeout();
    if (this.line === null) return;
    this.line = null;
    this.id = null;
    // Nobody will answer any more.
    this.acks.clear();
    const wasConnected = this.connected;
    this.connected = false;
    if (wasConnected) this.events.disconnected(isFinal);
    if (this.isActive) this.reconnectLater();
  }

  private reconnectLater(): void {
    this.cancelReconnect();
    const delayMs = 1 + this.scheduler.random.below(RECONNECT_MS);
    this.cancelReconnect = this.scheduler.after(delayMs, () => {
      if (this.isActive && this.line === null) this.connect();
    });
  }
}
