import { nowMs } from "@openline/websocket/link";
import type { Durability } from "../log/log.ts";
import type { ChannelForms } from "../messages/channel-forms.ts";
import { tell } from "../observe/channels.ts";
import type { RoomRules } from "../rooms/rules.ts";
import type { Session } from "../sessions/session.ts";
import { type Admission, Admissions, type SessionHolder } from "./admission.ts";
import { type AwayChange, AwayChanges, isMeant, type SessionFilter } from "./away-changes.ts";
import type { Gap } from "./gap.ts";
import type { LatestRooms, LatestValue } from "./latest-rooms.ts";
import { Presence } from "./presence.ts";
import { recoveryDefaults, type SettledRecovery } from "./recovery-options.ts";
import { Replay } from "./replay.ts";
import { ReplayTurns } from "./replay-turns.ts";
import { SessionWriter } from "./session-writer.ts";
import { Subscriber, type SubscriberClient, type SubscriberHost } from "./subscriber.ts";
import type { Place, Timeline } from "./timeline.ts";

/** What a socket tells of itself. */
export interface SubscribedSocket {
  readonly connected: boolean;
  /** What is kept with its session. */
  readonly data: unknown;
  /** Who is at its other end, if that is known. */
  readonly principal: { readonly id: string } | null;
  /** Leaves its rooms: it was never let in, and another one takes its place. */
  forget(): void;
}

/** What subscriptions need to know. */
export interface SubscriptionsHost
  extends Omit<SubscriberHost, "replay" | "valuesSince" | "now" | "cursor"> {
  readonly rules: RoomRules<never>;
  readonly latest: LatestRooms;
  readonly recovery: SettledRecovery;
  /** How long a connection may be dead before anybody notices. */
  readonly heartbeatMs: number;
  /** Whether what is stored outlives the process. */
  readonly isPersistent: boolean;
  reportError(error: unknown): void;
}

/** How often sessions are looked at: some are too old, and some live ones must be stored anew. */
const UPKEEP_MS = 60_000;

/** The clients of a namespace that can resume: their sessions, memberships and replays. */
export class Subscriptions implements SubscriberHost {
  readonly admissions: Admissions;
  /** That are running, or wait for their turn. */
  replays = 0;
  private readonly host: SubscriptionsHost;
  private readonly timeline: Timeline;
  private readonly writerOrNull: SessionWriter | null;
  private readonly changes = new AwayChanges();
  private readonly turns = new ReplayTurns();
  private readonly sockets = new Map<Subscriber, SubscribedSocket>();
  private readonly holders = new WeakMap<Subscriber, SessionHolder>();
  private readonly upkeep: ReturnType<typeof setInterval>;
  readonly presence: Presence;

  constructor(host: SubscriptionsHost, timeline: Timeline, durability: Durability) {
    this.host = host;
    this.timeline = timeline;
    const self = this;
    this.writerOrNull = host.isPersistent
      ? new SessionWriter(timeline.log, {
          durability,
          get retentionMs() {
            return self.retentionMs;
          },
          upkeepMs: UPKEEP_MS,
          reportError: (error) => host.reportError(error),
        })
      : null;
    this.admissions = new Admissions({
      timeline,
      writer: this.writerOrNull,
      changes: this.changes,
      get retentionMs() {
        return self.retentionMs;
      },
      get hasDurable() {
        return host.rules.hasDurable;
      },
      heartbeatMs: host.heartbeatMs,
      isDurable: (room) => self.isDurable(room),
    });
    this.presence = new Presence({
      name: host.name,
      encodeForAll: (packet) => host.encodeForAll(packet),
      graceMs: (room) => host.rules.of(room)?.presenceGraceMs ?? 0,
    });
    this.upkeep = setInterval(() => this.keepUp(), UPKEEP_MS);
    this.upkeep.unref();
  }

  get name(): string {
    return this.host.name;
  }

  get now(): Timeline["now"] {
    return this.timeline.now;
  }

  get cursor(): string {
    return this.timeline.cursorAt(this.timeline.now);
  }

  encodeForAll(
    ...args: Parameters<SubscriberHost["encodeForAll"]>
  ): ReturnType<SubscriberHost["encodeForAll"]> {
    return this.host.encodeForAll(...args);
  }

  encodeAt(
    ...args: Parameters<SubscriberHost["encodeAt"]>
  ): ReturnType<SubscriberHost["encodeAt"]> {
    return this.host.encodeAt(...args);
  }

  get channelForms(): ChannelForms {
    return this.host.channelForms;
  }

  /** A client with a session of its own, or with the one that it names. */
  admit(
    client: SubscriberClient,
    auth: Readonly<Record<string, unknown>>,
    take: (subscriber: Subscriber) => void,
  ): void {
    const { pid, offset } = auth;
    if (pid === undefined) {
      take(this.admitFresh(client, null));
      return;
    }
    this.admissions.resume(pid, offset).then(
      (admission) => take(this.subscribe(client, admission)),
      (error: unknown) => {
        // A store that fails now may work soon: the client comes back.
        this.host.reportError(error);
        client.conn.abort();
      },
    );
  }

  admitFresh(client: SubscriberClient, gap: Gap | null): Subscriber {
    return this.subscribe(client, this.admissions.begin(gap));
  }

  attach(subscriber: Subscriber, socket: SubscribedSocket): void {
    this.sockets.set(subscriber, socket);
  }

  /** Whether the session belongs to this socket's principal. */
  confirm({ session, isRecovered }: Subscriber, socket: SubscribedSocket): boolean {
    const principal = this.host.recovery.principal?.(socket) ?? socket.principal?.id ?? null;
    if (isRecovered) return session.principal === principal;
    session.principal = principal;
    return true;
  }

  /** It is about to be told that it is in. */
  connected(subscriber: Subscriber): void {
    const { session, isRecovered } = subscriber;
    session.memberships.join(session.sid, session.start);
    this.presence.settle(session.sid);
    for (const room of session.memberships.rooms) {
      // Nobody but itself is in its own.
      if (room !== session.sid) this.show(subscriber, room);
    }
    // Of one that comes back, it may be that its last change was not stored when its line broke.
    if (!isRecovered || this.writerOrNull?.isBehind(session)) void this.store(subscriber);
    else if (this.keepsSessions) this.saveSoon(session);
  }

  /** It has joined rooms; resolves when that is stored, rejects if it cannot be. */
  join(subscriber: Subscriber, rooms: Iterable<string>): Promise<void> | void {
    const since = this.now;
    const joined: string[] = [];
    for (const room of rooms) {
      if (subscriber.session.memberships.join(room, since)) joined.push(room);
    }
    if (joined.length === 0 || !this.isConnected(subscriber)) return;
    const stored = this.store(subscriber);
    for (const room of joined) {
      this.show(subscriber, room);
      subscriber.sendValues(this.valuesOf(room));
    }
    return stored;
  }

  leave(subscriber: Subscriber, room: string): Promise<void> | void {
    const hasLeft = subscriber.session.memberships.leave(room, this.now);
    this.presence.leave(room, subscriber.session.sid);
    if (hasLeft && this.isConnected(subscriber)) return this.store(subscriber);
  }

  /** Its connection is lost: it may come back. */
  lose(subscriber: Subscriber, data: unknown): void {
    const { session } = subscriber;
    this.release(subscriber);
    session.data = data;
    const isLost = this.admissions.lose(session, this.holderOf(subscriber));
    if (!isLost) return;
    this.presence.lose(session.memberships.rooms, session.sid);
    if (this.keepsSessions) this.saveSoon(session);
  }

  /** It has left, and will not come back; or it was not let in. */
  end(subscriber: Subscriber): void {
    const { session, isRecovered } = subscriber;
    const wasConnected = this.isConnected(subscriber);
    this.release(subscriber);
    const holder = this.holderOf(subscriber);
    // A session outlives a resume that was refused: it may belong to somebody else.
    if (isRecovered && !wasConnected) this.admissions.lose(session, holder);
    else if (this.admissions.end(session, holder)) {
      this.hide(session);
      if (this.keepsSessions) this.deleteSoon(session);
    }
  }

  /**
   * What is done with the sockets of rooms is done with the sessions, too, whose clients are away, or
   * not let in again: they shall not come back to what they were thrown out of. Those that are only in
   * the store hear of it when they are found.
   */
  joinAway(options: SessionFilter, rooms: readonly string[]): void {
    const { now } = this;
    this.changeAway(options, (session) => {
      for (const room of rooms) session.memberships.join(room, now);
      return true;
    });
  }

  leaveAway(options: SessionFilter, rooms: readonly string[]): void {
    const { now } = this;
    this.changeAway(options, (session) => {
      for (const room of rooms) {
        session.memberships.leave(room, now);
        this.presence.leave(room, session.sid);
      }
      return true;
    });
  }

  endAway(options: SessionFilter): void {
    this.changeAway(options, () => false);
  }

  /** Ends the sessions of a principal whose clients are away. */
  endPrincipal(id: string): void {
    this.changeAway({ rooms: new Set(), principal: id }, () => false);
  }

  /** It was not let in, and nobody has said that it never may be. */
  abandon(subscriber: Subscriber): void {
    if (subscriber.isRecovered) this.lose(subscriber, subscriber.session.data);
    else this.end(subscriber);
  }

  replay(subscriber: Subscriber, from: Place): void {
    const source = {
      timeline: this.timeline,
      turns: this.turns,
      isDurable: (room: string) => this.isDurable(room),
      channelForms: this.channelForms,
    };
    const replay = new Replay(subscriber, source, from);
    const startMs = nowMs();
    this.replays += 1;
    replay
      .run()
      .catch((error: unknown) => {
        this.host.reportError(error);
        subscriber.abort();
      })
      .finally(() => {
        this.replays -= 1;
        const durationMs = nowMs() - startMs;
        tell("replayed", () => ({ namespace: this.name, messages: replay.sent, durationMs }));
      });
  }

  valuesSince(session: Session, { event }: Place): readonly LatestValue[] {
    return session.memberships.rooms
      .flatMap((room) => this.valuesOf(room))
      .filter(({ point }) => event === null || point.event > event);
  }

  /** Resolves when all sessions are stored. */
  async close(): Promise<void> {
    clearInterval(this.upkeep);
    this.presence.close();
    await this.writerOrNull?.flushed();
  }

  private get retentionMs(): number {
    const { recovery, rules } = this.host;
    const { maxDisconnectionDuration } = recovery;
    if (maxDisconnectionDuration !== undefined) return maxDisconnectionDuration;
    return rules.hasDurable
      ? recoveryDefaults.durableDisconnectionDuration
      : recoveryDefaults.maxDisconnectionDuration;
  }

  /** What is not logged does not outlive the process, and so nothing would be there to resume. */
  private get keepsSessions(): boolean {
    return this.writerOrNull !== null && this.host.rules.hasDurable;
  }

  private isDurable(room: string): boolean {
    return this.host.rules.of(room)?.delivery === "durable";
  }

  private isConnected(subscriber: Subscriber): boolean {
    return this.sockets.get(subscriber)?.connected === true;
  }

  private subscribe(client: SubscriberClient, admission: Admission): Subscriber {
    const { session, resumption, gap } = admission;
    const subscriber = new Subscriber(this, client, session, resumption, gap);
    const isReturning = (): boolean => subscriber.isRecovered && !this.isConnected(subscriber);
    const holder = {
      get isReturning() {
        return isReturning();
      },
      fence: (): void => {
        const socket = this.sockets.get(subscriber);
        if (socket?.connected === false) {
          socket.forget();
          this.lose(subscriber, session.data);
        }
        client.conn.abort();
      },
    };
    this.holders.set(subscriber, holder);
    this.admissions.hold(session, holder);
    return subscriber;
  }

  private holderOf(subscriber: Subscriber): SessionHolder {
    return this.holders.get(subscriber) as SessionHolder; // each has one
  }

  private release(subscriber: Subscriber): void {
    subscriber.end();
    this.sockets.delete(subscriber);
    this.presence.unfollowAll(subscriber);
  }

  /** Lets others know that it is in a room, if the room's rule says so. */
  private show(subscriber: Subscriber, room: string): void {
    const presence = this.host.rules.of(room)?.presence ?? false;
    const socket = this.sockets.get(subscriber);
    if (presence === false || socket === undefined) return;
    let data: unknown = null;
    try {
      data = presence === true ? { user: socket.principal?.id ?? null } : presence(socket as never);
      // What cannot be sent is found here, and not when others are to be told.
      JSON.stringify(data);
    } catch (error) {
      this.host.reportError(error);
      data = null;
    }
    this.presence.enter(room, { id: subscriber.session.sid, data });
  }

  /** It is nowhere any more. */
  private hide({ sid, memberships }: Session): void {
    this.presence.settle(sid);
    for (const room of memberships.rooms) this.presence.leave(room, sid);
  }

  /**
   * Holds what is sent from now on until the session is stored; rejects, and cuts the line, if it
   * cannot be.
   */
  store(subscriber: Subscriber): Promise<void> | void {
    if (!this.keepsSessions || this.writerOrNull === null) return;
    const { session } = subscriber;
    const open = subscriber.close();
    session.data = this.sockets.get(subscriber)?.data;
    const stored = this.writerOrNull.save(session).then(
      () => open(),
      (error: unknown) => {
        this.host.reportError(error);
        // Without a DISCONNECT: the client comes back, and the store may work by then.
        subscriber.abort();
        throw error;
      },
    );
    // Who does not wait for it shall not end the process: the error was told.
    stored.catch(noop);
    return stored;
  }

  private changeAway(filter: SessionFilter, change: AwayChange): void {
    if (this.writerOrNull !== null) this.changes.add(filter, change);
    for (const session of [...this.admissions.sessions.values()]) {
      if (!this.admissions.isAway(session) || !isMeant(session, filter)) continue;
      if (!change(session)) this.forget(session);
      else if (this.keepsSessions) this.saveSoon(session);
    }
  }

  private forget(session: Session): void {
    this.admissions.forget(session);
    this.hide(session);
    if (this.keepsSessions) this.deleteSoon(session);
  }

  private deleteSoon(session: Session): void {
    void this.writerOrNull?.forget(session);
  }

  private saveSoon(session: Session): void {
    this.writerOrNull?.save(session).catch((error) => this.host.reportError(error));
  }

  private valuesOf(room: string): readonly LatestValue[] {
    return this.host.rules.of(room)?.delivery === "latest" ? this.host.latest.of(room) : [];
  }

  private keepUp(): void {
    this.admissions.expire();
    this.timeline.buffer?.trim(nowMs());
    if (this.keepsSessions)
      this.writerOrNull?.refresh(this.admissions.sessions.values(), Date.now());
  }
}

function noop(): void {}
