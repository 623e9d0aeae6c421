import type { LogEntry } from "../log/log.ts";
import type { ChannelForms } from "../messages/channel-forms.ts";
import type { EncodedMessage } from "../messages/encoded-message.ts";
import type { BroadcastFlags } from "../rooms/adapter.ts";
import type { Point } from "../sessions/cursor.ts";
import type { Interval } from "../sessions/memberships.ts";
import type { RecentEvent } from "../sessions/recent-event.ts";
import type { Session } from "../sessions/session.ts";
import { bytesOf } from "./live-event.ts";
import type { ReplayTurns } from "./replay-turns.ts";
import type { Place, Timeline } from "./timeline.ts";

/** Messages that are sent together. */
const PAGE = 256;
/** Bytes that are sent together. */
const PAGE_BYTES = 262_144;
/** When so few are missing, what is sent live is held until they have been sent. */
const LAST_LAP = 256;
/** After so many laps it is held however many are missing. */
const MAX_LAPS = 8;

/** Whom a replay is for. */
export interface ReplayTarget {
  readonly session: Session;
  readonly isGone: boolean;
  /** Holds what is sent live from now on; what it returns sends that, and ends the replay. */
  holdLive(): () => void;
  /** Sends before all that is held. */
  sendReplayed(message: EncodedMessage, flags: BroadcastFlags): void;
  /** Resolves when the client can take more, or is gone. */
  ready(): Promise<void>;
  /** Ends the connection without a word: the client will come back, and resume from where it is. */
  abort(): void;
}

/** What a replay reads. */
export interface ReplaySource {
  readonly timeline: Timeline;
  readonly turns: ReplayTurns;
  isDurable(room: string): boolean;
  readonly channelForms: ChannelForms;
}

/** One room's messages, in their order. */
interface Stream {
  readonly interval: Interval;
  /** Read from the log and not sent. */
  page: readonly LogEntry[];
  /** Of the page. */
  index: number;
  /** Read up to here. */
  sequence: number;
  isDone: boolean;
}

interface Outgoing {
  readonly message: EncodedMessage;
  readonly flags: BroadcastFlags;
}

/**
 * Sends a session what it has missed, in laps: what is sent meanwhile is skipped and read by the
 * next one, until so little is missing that it can be held. Live delivery then follows at the very
 * message at which the replay ends.
 */
export class Replay {
  /** Messages that were sent. */
  sent = 0;
  private readonly target: ReplayTarget;
  private readonly source: ReplaySource;
  private at: Place;
  private page: Outgoing[] = [];
  private pageBytes = 0;

  constructor(target: ReplayTarget, source: ReplaySource, from: Place) {
    this.target = target;
    this.source = source;
    this.at = from;
  }

  /** Resolves when the client has been sent all, or is gone. */
  async run(): Promise<void> {
    const { source, target } = this;
    await source.turns.enter();
    try {
      for (let lap = 1; !target.isGone; lap += 1) {
        const missing = source.timeline.log.head - this.at.sequence;
        const isLast = missing <= LAST_LAP || lap >= MAX_LAPS;
        const goLive = isLast ? target.holdLive() : null;
        if (!(await this.lap(source.timeline.now))) {
          target.abort();
          return;
        }
        if (goLive !== null) {
          goLive();
          return;
        }
      }
    } finally {
      source.turns.leave();
    }
  }

  /** Sends what came up to `end`; false if some of it is not there any more. */
  private async lap(end: Point): Promise<boolean> {
    const streams = await this.open(end);
    if (streams === null) return false;
    while (!this.target.isGone) {
      const stream = await this.earliest(streams, end);
      if (stream === "trimmed") return false;
      if (stream === null) break;
      const entry = stream.page[stream.index] as LogEntry; // the earliest has one
      await this.addEvents(end, entry.sequence);
      stream.index += 1;
      await this.addEntry(entry, stream.interval.isChannel === true);
    }
    await this.addEvents(end, Number.POSITIVE_INFINITY);
    await this.flush();
    this.at = end;
    return true;
  }

  /** The rooms in which something is missing. */
  private async open(end: Point): Promise<Stream[] | null> {
    const { source, target, at } = this;
    const streams: Stream[] = [];
    for (const interval of target.session.memberships.intervals) {
      const { room, since, until } = interval;
      const sequence = Math.max(at.sequence, since.sequence);
      if (!source.isDurable(room) || sequence >= (until ?? end).sequence) continue;
      const state = await source.timeline.log.describe(room);
      if (state.lastSequence <= sequence) continue;
      if (state.trimmedSequence > sequence) return null;
      streams.push({ interval, page: [], index: 0, sequence, isDone: false });
    }
    return streams;
  }

  /** The one whose next message comes first. */
  private async earliest(
    streams: readonly Stream[],
    end: Point,
  ): Promise<Stream | "trimmed" | null> {
    const limit = Math.max(8, Math.floor(PAGE / streams.length));
    let earliest: Stream | null = null;
    let sequence = Number.POSITIVE_INFINITY;
    for (const stream of streams) {
      if (stream.index === stream.page.length && !stream.isDone) {
        if (!(await this.fill(stream, limit, end))) return "trimmed";
      }
      const next = stream.page[stream.index];
      if (next === undefined || next.sequence >= sequence) continue;
      earliest = stream;
      sequence = next.sequence;
    }
    return earliest;
  }

  private async fill(stream: Stream, limit: number, end: Point): Promise<boolean> {
    const { log } = this.source.timeline;
    const { room, until } = stream.interval;
    const last = Math.min(end.sequence, until?.sequence ?? Number.POSITIVE_INFINITY);
    const entries = await log.readAfter(room, stream.sequence, limit);
    const { trimmedSequence } = await log.describe(room);
    // Something behind what we have may have gone before it was read.
    if (trimmedSequence > stream.sequence) return false;
    const page = entries.filter(({ sequence }) => sequence <= last);
    stream.page = page;
    stream.index = 0;
    stream.sequence = page.at(-1)?.sequence ?? last;
    stream.isDone = page.length < limit;
    return true;
  }

  private async addEntry(entry: LogEntry, isChannel: boolean): Promise<void> {
    const { channelForms } = this.source;
    const { stored, message } = this.source.timeline.messages.of(entry);
    this.at = { sequence: entry.sequence, event: null };
    const { sequence, room, offset } = entry;
    if (!this.isLeftOut(stored.except, { sequence, event: 0 })) {
      await this.add(isChannel ? channelForms.inRoom(message, room) : message, noFlags);
    } else if (isChannel) {
      // Channels count on over it.
      const cursor = this.source.timeline.cursors.behindMessage(sequence);
      await this.add(channelForms.skip(room, offset, cursor), noFlags);
    }
  }

  /** Events that came before the message with that sequence. */
  private async addEvents(end: Point, before: number): Promise<void> {
    const { buffer } = this.source.timeline;
    if (buffer === null) return;
    for (;;) {
      const events = buffer.after(this.at, PAGE);
      for (const event of events) {
        if (event.sequence >= before || event.event > end.event) return;
        this.at = { sequence: event.sequence, event: event.event };
        if (!this.isFor(event)) continue;
        await this.add(this.formOf(event), { compress: event.compress });
      }
      if (events.length < PAGE) return;
    }
  }

  private formOf(event: RecentEvent): EncodedMessage {
    const { message, rooms } = event;
    const channel = rooms && this.target.session.memberships.channelAt(rooms, event);
    return channel === null ? message : this.source.channelForms.inRoom(message, channel);
  }

  private isFor(event: RecentEvent): boolean {
    const { rooms, except } = event;
    const { memberships } = this.target.session;
    if (rooms !== null) {
      let isIn = false;
      for (const room of rooms) if (memberships.wasIn(room, event)) isIn = true;
      if (!isIn) return false;
    } else if (!memberships.wasIn(this.target.session.sid, event)) return false;
    return !this.isLeftOut(except, event);
  }

  private isLeftOut(except: Iterable<string> | null, point: Point): boolean {
    if (except === null) return false;
    const { memberships } = this.target.session;
    for (const room of except) if (memberships.wasIn(room, point)) return true;
    return false;
  }

  private async add(message: EncodedMessage, flags: BroadcastFlags): Promise<void> {
    this.page.push({ message, flags });
    this.pageBytes += bytesOf(message);
    if (this.page.length >= PAGE || this.pageBytes >= PAGE_BYTES) await this.flush();
  }

  private async flush(): Promise<void> {
    const { page, target } = this;
    if (page.length === 0) return;
    this.page = [];
    this.pageBytes = 0;
    await this.source.turns.page();
    await target.ready();
    if (target.isGone) return;
    for (const { message, flags } of page) target.sendReplayed(message, flags);
    this.sent += page.length;
  }
}

const noFlags: BroadcastFlags = {};
