import type { ChannelStatus } from "../channels/channel.ts";
import { ChannelError } from "../channels/channel-error.ts";
import type { Observable } from "../channels/observable.ts";
import type { Gap } from "../channels/positions.ts";
import { after } from "../platform/timers.ts";

/** A message, as far as a list of them is concerned. */
export interface FeedMessage {
  /** Null in rooms that are not logged. */
  readonly offset: number | null;
}

/** What a feed needs of a channel. */
export interface FeedChannel<Message extends FeedMessage> {
  readonly status: ChannelStatus;
  on(event: "joined", listener: () => void): unknown;
  on(event: "error", listener: (error: ChannelError) => void): unknown;
  on(event: "gap", listener: (gap: Gap) => void): unknown;
  off(event: "joined" | "error" | "gap", listener: (...args: never[]) => void): unknown;
  onAny(listener: (message: Message) => void): unknown;
  offAny(listener: (message: Message) => void): unknown;
  history(query: { before?: number; limit?: number }): Promise<{
    readonly messages: readonly Message[];
    readonly hasMore: boolean;
  }>;
  leave(): unknown;
}

/** What is known of a channel. */
export interface FeedState<Message> {
  /** In their order, the oldest first. */
  readonly messages: readonly Message[];
  readonly status: ChannelStatus;
  /** Older ones may be loaded. */
  readonly hasOlder: boolean;
  readonly isLoading: boolean;
  /** The last refusal; null once the channel is joined. */
  readonly error: ChannelError | null;
  /** The last gap that was declared; null if there never was one. */
  readonly gap: Gap | null;
}

export interface FeedOptions {
  /** Messages that are kept, the newest. Default 1,000. */
  readonly maxMessages?: number | undefined;
  /** Messages that `loadOlder` asks for. Default 50. */
  readonly pageSize?: number | undefined;
}

const nothing = { messages: [], hasOlder: true, isLoading: false, error: null, gap: null };

/**
 * A channel's messages as a list that others look at. The channel is joined for as long as somebody
 * does, and left a moment later: React looks away and back when it remounts.
 */
export class ChannelFeed<
  Message extends FeedMessage,
  Channel extends FeedChannel<Message> = FeedChannel<Message>,
> implements Observable<FeedState<Message>>
{
  private readonly open: () => Channel;
  private readonly maxMessages: number;
  private readonly pageSize: number;
  private readonly listeners = new Set<(state: FeedState<Message>) => void>();
  private channelOrNull: Channel | null = null;
  private state: FeedState<Message> = { ...nothing, status: "joining" };
  private loading: Promise<void> | null = null;
  /** Changes whenever the channel is left, so that a late answer finds that it is not meant. */
  private visit = 0;
  /** What was loaded is kept beside the newest. */
  private loaded = 0;
  /** Takes back that it will be left. */
  private stay: () => void = () => {};

  constructor(open: () => Channel, { maxMessages = 1_000, pageSize = 50 }: FeedOptions = {}) {
    this.open = open;
    this.maxMessages = maxMessages;
    this.pageSize = pageSize;
  }

  /** The channel; if nobody looks, for a moment only. */
  reach(): Channel {
    if (this.channelOrNull !== null) return this.channelOrNull;
    const channel = this.enter();
    this.leaveSoon();
    return channel;
  }

  get = (): FeedState<Message> => this.state;

  subscribe = (listener: (state: FeedState<Message>) => void): (() => void) => {
    this.stay();
    if (this.channelOrNull === null) this.enter();
    this.listeners.add(listener);
    return () => {
      this.listeners.delete(listener);
      if (this.listeners.size === 0) this.leaveSoon();
    };
  };

  /** Puts messages before the oldest one; resolves when they are there, or could not be had. */
  loadOlder = (): Promise<void> => {
    this.loading ??= this.load().finally(() => {
      this.loading = null;
    });
    return this.loading;
  };

  private leaveSoon(): void {
    this.stay();
    this.stay = after({}, 0, () => this.leave());
  }

  private enter(): Channel {
    const channel = this.open();
    this.channelOrNull = channel;
    channel.onAny(this.onMessage);
    channel.on("joined", this.onJoined);
    channel.on("error", this.onError);
    channel.on("gap", this.onGap);
    this.change({ ...nothing, status: channel.status });
    return channel;
  }

  private leave(): void {
    const { channelOrNull: channel } = this;
    if (channel === null) return;
    this.channelOrNull = null;
    this.visit += 1;
    this.loaded = 0;
    channel.offAny(this.onMessage);
    channel.off("joined", this.onJoined);
    channel.off("error", this.onError);
    channel.off("gap", this.onGap);
    channel.leave();
  }

  private readonly onMessage = (message: Message): void => {
    const { messages, hasOlder } = this.state;
    const kept = [...messages, message].slice(-this.maxMessages - this.loaded);
    this.change({ messages: kept, hasOlder: hasOlder || kept.length <= messages.length });
  };

  private readonly onJoined = (): void => {
    this.change({ status: this.channelOrNull?.status ?? "left", error: null });
  };

  private readonly onError = (error: ChannelError): void => {
    this.change({ status: this.channelOrNull?.status ?? "left", error });
  };

  private readonly onGap = (gap: Gap): void => this.change({ gap });

  private async load(): Promise<void> {
    const { channelOrNull: channel, visit } = this;
    if (channel === null || !this.state.hasOlder) return;
    const before = this.state.messages.find(({ offset }) => offset !== null)?.offset;
    this.change({ isLoading: true });
    try {
      const { pageSize: limit } = this;
      const query = before == null ? { limit } : { before, limit };
      const { messages, hasMore } = await channel.history(query);
      if (visit !== this.visit) return;
      // What came meanwhile is there already.
      const oldest = this.state.messages.find(({ offset }) => offset !== null)?.offset;
      const older = messages.filter(({ offset }) => oldest == null || (offset ?? 0) < oldest);
      this.loaded += older.length;
      this.change({
        messages: [...older, ...this.state.messages],
        hasOlder: hasMore,
        isLoading: false,
      });
    } catch (error) {
      if (!(error instanceof ChannelError)) throw error;
      if (visit === this.visit) this.change({ isLoading: false, error });
    }
  }

  private change(changes: Partial<FeedState<Message>>): void {
    this.state = { ...this.state, ...changes };
    for (const listener of [...this.listeners]) listener(this.state);
  }
}
