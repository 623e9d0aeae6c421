import {
  type ChannelMessage,
  type Gap,
  type HistoryAnswer,
  type JoinAnswer,
  type Position,
  toMessage,
} from "./positions.ts";

/** Where a channel begins that was never read. */
export type ReadFrom = "now" | "start" | Position;

/** What a reader needs from the server: `joined`, `paged` or `lookedBack` takes the answer. */
export type ReaderRequest =
  | { readonly kind: "join"; readonly since: Position | number | null }
  | { readonly kind: "page"; readonly after: Position }
  | { readonly kind: "look-back"; readonly before: number; readonly limit: number };

/** Who is told of what a room has, in order. */
export interface ReaderSink {
  deliver(message: ChannelMessage): void;
  gap(gap: Gap): void;
}

/** A message that came live: none where the offset is not for this client. */
interface Live {
  readonly epoch: string;
  readonly message: ChannelMessage | null;
}

/**
 * `"joining"`: an answer to a join comes first. `"looking-back"`: the newest messages at that place do.
 * `"paging"`: what is missing is read from the history. `"live"`: messages are delivered as they come.
 */
export type ReaderState = "joining" | "looking-back" | "paging" | "live";

/** How many live messages wait for what comes before them; others are read again. */
const MAX_HELD = 1_024;

/**
 * Reads one room: delivers each message once and in order, from wherever it comes, and tells of a gap
 * where the server says that something is gone, and nowhere else.
 *
 * Owns no connection: `request` is what has to be asked, once at a time.
 */
export class ChannelReader {
  readonly #sink: ReaderSink;
  readonly #from: ReadFrom;
  #last: number;
  #current: ReaderState = "joining";
  #place: Position | null = null;
  /** The place of a join that still looks back. */
  #joinedAt: Position | null = null;
  readonly #held = new Map<number, Live>();
  /** The highest offset that is known to be there. */
  #head = 0;

  /** `last`: how many of the newest messages to begin with, if it begins now. */
  constructor(sink: ReaderSink, from: ReadFrom, last: number) {
    this.#sink = sink;
    this.#from = from;
    this.#last = last;
    if (typeof from === "object") this.#place = from;
  }

  get state(): ReaderState {
    return this.#current;
  }

  /** What was delivered, or is gone, ends here; null before it begins, and in rooms without a log. */
  get position(): Position | null {
    return this.#place;
  }

  /** What to ask now; null if nothing is missing. */
  get request(): ReaderRequest | null {
    const current = this.#current;
    const place = this.#place;
    if (current === "joining") {
      return { kind: "join", since: place ?? (this.#from === "start" ? 0 : null) };
    }
    if (current === "looking-back") {
      return { kind: "look-back", before: this.#joinedAt!.offset + 1, limit: this.#last };
    }
    return current === "paging" ? { kind: "page", after: place! } : null; // it pages from a place
  }

  /** The session is another one: nothing comes until it has joined again. */
  rejoin(): void {
    this.#current = "joining";
    this.#joinedAt = null;
    this.#held.clear();
    this.#head = 0;
  }

  /** Takes the answer to a join; `before` is called before anything is delivered. */
  joined(answer: JoinAnswer, before?: () => void): void {
    if (this.#current !== "joining") return;
    before?.();
    const { position } = answer;
    if (position === null) {
      this.#place = null;
      this.#last = 0;
      this.#current = "live";
      this.#drain();
      return;
    }
    if (this.#place === null && this.#from !== "start") {
      this.#joinedAt = position;
      this.#current = "looking-back";
      if (this.#last === 0 || position.offset === 0) this.lookedBack([]);
      return;
    }
    // The oldest that there is: what came before is not asked for.
    const hasGap = answer.gap && this.#place !== null;
    this.#place ??= { epoch: position.epoch, offset: (answer.messages[0]?.offset ?? 1) - 1 };
    this.#read({ ...answer, position, gap: hasGap });
  }

  /** Takes the newest messages at the place of the join; none if they cannot be had. */
  lookedBack(messages: HistoryAnswer["messages"]): void {
    if (this.#current !== "looking-back") return;
    const { epoch, offset } = this.#joinedAt!;
    this.#place = { epoch, offset: Math.min((messages[0]?.offset ?? offset + 1) - 1, offset) };
    this.#joinedAt = null;
    this.#last = 0;
    this.#read({ messages, position: { epoch, offset }, gap: false, hasMore: false });
  }

  /** Takes a page of history. */
  paged(answer: HistoryAnswer): void {
    if (this.#current === "paging") this.#read(answer);
  }

  /** Takes what came live; without a message, that offset is not for this client. */
  live(epoch: string, offset: number | null, message: ChannelMessage | null): void {
    if (offset === null) {
      // Its order among those of the log is nobody's promise.
      if (message !== null) this.#sink.deliver(message);
      return;
    }
    this.#head = Math.max(this.#head, offset);
    if (this.#current === "live") {
      // The room has become one with a log, and the client has not joined it as such.
      if (this.#place === null) this.#place = { epoch, offset: offset - 1 };
      if (offset === this.#place.offset + 1) {
        this.#advance(offset, { epoch, message });
        return;
      }
    }
    if (offset <= (this.#place?.offset ?? 0)) return;
    this.#hold(offset, { epoch, message });
    if (this.#current === "live") this.#current = "paging";
  }

  /** The lowest are kept, since they are needed first. */
  #hold(offset: number, live: Live): void {
    this.#held.set(offset, live);
    if (this.#held.size <= MAX_HELD) return;
    // They come in order, but for those of a replay; and so the last is the highest, or nearly so.
    let highest = offset;
    for (const each of this.#held.keys()) highest = Math.max(highest, each);
    this.#held.delete(highest);
  }

  #read({ messages, position, gap, hasMore }: HistoryAnswer): void {
    const { epoch, offset: until } = position;
    if (gap) this.#skipGap(messages[0]?.offset ?? until + 1, epoch);
    this.#current = "paging";
    for (const each of messages) {
      if (each.offset <= this.#place!.offset) continue;
      this.#advance(each.offset, { epoch, message: toMessage(each) });
    }
    // All up to there was in the answer, or is not for this client.
    if (!hasMore && until > this.#place!.offset) this.#place = { epoch, offset: until };
    if (hasMore) this.#head = Math.max(this.#head, this.#place!.offset + 1);
    this.#drain();
  }

  /** The server has nothing between the place and `next`. */
  #skipGap(next: number, epoch: string): void {
    const { offset } = this.#place!;
    if (next > offset + 1) {
      this.#place = { epoch, offset: next - 1 };
      this.#sink.gap({ reason: "retention", from: offset + 1, to: next - 1 });
    } else {
      this.#place = { epoch, offset: next - 1 };
      this.#sink.gap({ reason: "epoch", from: Math.min(next, offset), to: offset });
    }
  }

  /** Delivers what was held, as far as nothing is missing before it. */
  #drain(): void {
    const at = this.#place;
    if (at === null) {
      for (const { message } of this.#held.values()) if (message) this.#sink.deliver(message);
      this.#held.clear();
      return;
    }
    for (const offset of this.#held.keys()) if (offset <= at.offset) this.#held.delete(offset);
    for (;;) {
      const next = this.#place!.offset + 1;
      const live = this.#held.get(next);
      if (live === undefined) break;
      this.#held.delete(next);
      this.#advance(next, live);
    }
    this.#current = this.#place!.offset < this.#head ? "paging" : "live";
  }

  /** The place moves first: a listener that looks, or throws, finds it where it is. */
  #advance(offset: number, { epoch, message }: Live): void {
    this.#place = { epoch, offset };
    if (message !== null) this.#sink.deliver(message);
  }
}
