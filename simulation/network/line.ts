import type { EncodedMessage, MessagePart, Transport, TransportOwner } from "openline/testing";
import type { Scheduler } from "../world/scheduler.ts";
import { Pipe } from "./pipe.ts";

/** The client's end of a line. */
export interface LineUser {
  receive(part: MessagePart): void;
  /** It is gone, as far as this end can tell; told once. */
  lose(): void;
}

/** When the ends of a line learn that it is cut, in milliseconds; null: they do not. */
export interface Cut {
  readonly serverSeesMs: number | null;
  readonly clientSeesMs: number | null;
}

/** How late the end of a line is seen when the other end has ended it, at most. */
const SEEN_LATE_MS = 400;
/** Of such ends, some are never seen: the packet that tells of them is lost. */
const UNSEEN_SHARE = 0.1;

/** A connection between a client and a server, which is slow, blocked and cut as the seed likes. */
export class Line implements Transport {
  readonly name = "websocket";
  readonly queues = true;
  owner: TransportOwner | null = null;
  private readonly scheduler: Scheduler;
  private user: LineUser | null;
  private readonly toClient: Pipe;
  private readonly toServer: Pipe;
  /** What waits while the client's end takes nothing; null: it does. */
  private waiting: MessagePart[] | null = null;
  private isOver = false;

  constructor(scheduler: Scheduler, latencyMs: number, user: LineUser) {
    this.scheduler = scheduler;
    this.user = user;
    this.toClient = new Pipe(scheduler, latencyMs, (part) => this.user?.receive(part));
    this.toServer = new Pipe(scheduler, latencyMs, (part) => this.arrive(part));
  }

  // The client's end.

  sendToServer(part: MessagePart): void {
    if (this.user !== null) this.toServer.push(part);
  }

  /** The client has let go of it; the server sees that later, or never. */
  leave(): void {
    if (this.user === null) return;
    this.user = null;
    this.toClient.cut();
    const { random } = this.scheduler;
    if (random.chance(UNSEEN_SHARE)) return;
    // What was sent before the end comes before the end.
    const delayMs = Math.max(this.toServer.emptyInMs + 1, random.below(SEEN_LATE_MS));
    this.scheduler.after(delayMs, () => this.seeEnd());
  }

  // What the network does.

  get isCut(): boolean {
    return this.isOver || this.user === null;
  }

  cut({ serverSeesMs, clientSeesMs }: Cut): void {
    this.toClient.cut();
    this.toServer.cut();
    if (serverSeesMs !== null) this.scheduler.after(serverSeesMs, () => this.seeEnd());
    if (clientSeesMs !== null) this.scheduler.after(clientSeesMs, () => this.tellUser());
  }

  /** The client's end takes nothing, for a while. */
  block(): void {
    this.waiting ??= [];
  }

  unblock(): void {
    const { waiting } = this;
    if (waiting === null) return;
    this.waiting = null;
    if (this.isOver) return;
    for (const part of waiting) this.toClient.push(part);
    this.owner?.onWritable(this);
  }

  /** The process at the server's end has died; its kernel says so, or nobody does. */
  die(isSeen: boolean): void {
    this.owner = null;
    if (this.isOver) return;
    this.isOver = true;
    if (isSeen) this.userSeesLate();
    this.toClient.cut();
  }

  // The server's end.

  get writable(): boolean {
    return !this.isOver && this.waiting === null;
  }

  get queuedBytes(): number {
    return this.waiting?.reduce((sum, part) => sum + part.length, 0) ?? 0;
  }

  send(part: MessagePart): void {
    if (this.isOver) return;
    // A socket would have sent the bytes as they are now.
    const sent = typeof part === "string" ? part : Buffer.from(part);
    if (this.waiting === null) this.toClient.push(sent);
    else this.waiting.push(sent);
  }

  sendAll(parts: readonly MessagePart[]): void {
    for (const part of parts) this.send(part);
  }

  sendShared(message: EncodedMessage): void {
    this.sendAll(message.parts);
  }

  close(done: () => void): void {
    if (this.isOver) {
      done();
      return;
    }
    this.isOver = true;
    this.userSeesLate();
    this.scheduler.after(this.scheduler.random.below(SEEN_LATE_MS), done);
  }

  discard(): void {
    if (this.isOver) return;
    this.isOver = true;
    const isSeen = !this.scheduler.random.chance(UNSEEN_SHARE);
    if (isSeen) this.userSeesLate();
    this.toClient.cut();
  }

  private arrive(part: MessagePart): void {
    const { owner } = this;
    if (this.isOver || owner === null) return;
    if (typeof part !== "string") owner.onBytes(this, Buffer.from(part));
    else owner.onText(this, (part.charCodeAt(0) - 48) as 0, part.slice(1)); // our own client's
  }

  private seeEnd(): void {
    const { owner } = this;
    if (this.isOver) return;
    this.isOver = true;
    if (owner === null) return;
    if (this.scheduler.random.chance(0.5)) owner.onClosed(this);
    else owner.onFailure(this, new Error("read ECONNRESET"));
  }

  /** The end that the server has made comes behind what it has sent. */
  private userSeesLate(): void {
    if (this.toClient.isCut) return;
    const { random } = this.scheduler;
    const delayMs = Math.max(this.toClient.emptyInMs + 1, random.below(SEEN_LATE_MS));
    this.scheduler.after(delayMs, () => this.tellUser());
  }

  private tellUser(): void {
    const { user } = this;
    this.user = null;
    user?.lose();
  }
}
