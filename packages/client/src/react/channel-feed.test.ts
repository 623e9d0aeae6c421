import { describe, expect, test, vi } from "vitest";
import type { ChannelStatus } from "../channels/channel.ts";
import { ChannelError } from "../channels/channel-error.ts";
import { ChannelFeed, type FeedChannel, type FeedState } from "./channel-feed.ts";

interface Message {
  readonly offset: number | null;
}

/** A channel of a room with ten messages. */
class FakeChannel implements FeedChannel<Message> {
  status: ChannelStatus = "joining";
  hasLeft = false;
  asked: { before?: number; limit?: number }[] = [];
  private readonly listeners = new Map<string, Set<(...args: never[]) => void>>();

  on(event: string, listener: (...args: never[]) => void): void {
    const all = this.listeners.get(event) ?? new Set();
    this.listeners.set(event, all.add(listener));
  }

  onAny(listener: (message: Message) => void): void {
    this.on("message", listener as (...args: never[]) => void);
  }

  offAny(listener: (message: Message) => void): void {
    this.off("message", listener as (...args: never[]) => void);
  }

  off(event: string, listener: (...args: never[]) => void): void {
    this.listeners.get(event)?.delete(listener);
  }

  get listenerCount(): number {
    return [...this.listeners.values()].reduce((sum, { size }) => sum + size, 0);
  }

  emit(event: string, ...args: unknown[]): void {
    for (const listener of this.listeners.get(event) ?? []) listener(...(args as never[]));
  }

  history({ before = 11, limit = 100 }: { before?: number; limit?: number }): Promise<{
    messages: Message[];
    hasMore: boolean;
  }> {
    this.asked.push({ before, limit });
    const from = Math.max(1, before - limit);
    const messages = Array.from({ length: before - from }, (_, index) => ({
      offset: from + index,
    }));
    return Promise.resolve({ messages, hasMore: from > 1 });
  }

  leave(): void {
    this.status = "left";
    this.hasLeft = true;
  }
}

function opened(options?: ConstructorParameters<typeof ChannelFeed>[1]) {
  const channels: FakeChannel[] = [];
  const feed = new ChannelFeed<Message>(() => {
    const channel = new FakeChannel();
    channels.push(channel);
    return channel;
  }, options);
  const current = (): FakeChannel => channels.at(-1) as FakeChannel; // somebody looks
  return { channels, feed, current };
}

const offsets = ({ messages }: FeedState<Message>): unknown[] =>
  messages.map(({ offset }) => offset);

describe("a feed", () => {
  test("joins when somebody looks, and leaves when nobody does", async () => {
    vi.useFakeTimers();
    const { channels, feed, current } = opened();
    expect(channels).toHaveLength(0);
    const first = feed.subscribe(() => {});
    const second = feed.subscribe(() => {});
    expect(channels).toHaveLength(1);
    first();
    vi.runAllTimers();
    expect(current().hasLeft).toBe(false);
    second();
    vi.runAllTimers();
    expect(current().hasLeft).toBe(true);
    expect(current().listenerCount).toBe(0);
    vi.useRealTimers();
  });

  test("stays when it is looked at again at once, as by React's StrictMode", () => {
    vi.useFakeTimers();
    const { channels, feed, current } = opened();
    feed.subscribe(() => {})();
    feed.subscribe(() => {});
    vi.runAllTimers();
    expect(channels).toHaveLength(1);
    expect(current().hasLeft).toBe(false);
    vi.useRealTimers();
  });

  test("begins anew when it is looked at later", () => {
    vi.useFakeTimers();
    const { channels, feed, current } = opened();
    const stop = feed.subscribe(() => {});
    current().emit("message", { offset: 11 });
    stop();
    vi.runAllTimers();
    expect(offsets(feed.get())).toEqual([11]);
    feed.subscribe(() => {});
    expect(channels).toHaveLength(2);
    expect(offsets(feed.get())).toEqual([]);
    vi.useRealTimers();
  });

  test("is the same object until something changes", () => {
    const { feed, current } = opened();
    const seen: unknown[] = [];
    feed.subscribe(() => seen.push(feed.get()));
    const before = feed.get();
    expect(feed.get()).toBe(before);
    current().emit("message", { offset: 11 });
    expect(seen).toEqual([feed.get()]);
    expect(feed.get()).not.toBe(before);
  });

  test("keeps the newest messages, and what was loaded", async () => {
    const { feed, current } = opened({ maxMessages: 3, pageSize: 2 });
    feed.subscribe(() => {});
    for (const offset of [11, 12, 13, 14]) current().emit("message", { offset });
    expect(offsets(feed.get())).toEqual([12, 13, 14]);
    await feed.loadOlder();
    expect(offsets(feed.get())).toEqual([10, 11, 12, 13, 14]);
    current().emit("message", { offset: 15 });
    expect(offsets(feed.get())).toEqual([11, 12, 13, 14, 15]);
    expect(feed.get().hasOlder).toBe(true);
  });

  test("loads up to the first message, a page at a time", async () => {
    const { feed, current } = opened({ pageSize: 6 });
    feed.subscribe(() => {});
    const both = [feed.loadOlder(), feed.loadOlder()];
    expect(feed.get().isLoading).toBe(true);
    await Promise.all(both);
    expect(current().asked).toEqual([{ before: 11, limit: 6 }]);
    expect(offsets(feed.get())).toEqual([5, 6, 7, 8, 9, 10]);
    await feed.loadOlder();
    expect(offsets(feed.get())).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    expect(feed.get()).toMatchObject({ hasOlder: false, isLoading: false });
    await feed.loadOlder();
    expect(current().asked).toHaveLength(2);
  });

  test("has nothing twice that came while it was loading", async () => {
    const { feed, current } = opened({ pageSize: 6 });
    feed.subscribe(() => {});
    const loading = feed.loadOlder();
    current().emit("message", { offset: 10 });
    await loading;
    expect(offsets(feed.get())).toEqual([5, 6, 7, 8, 9, 10]);
  });

  test("takes nothing for its own that was asked for before it left", async () => {
    vi.useFakeTimers();
    const { feed } = opened();
    const stop = feed.subscribe(() => {});
    const loading = feed.loadOlder();
    stop();
    vi.runAllTimers();
    vi.useRealTimers();
    await loading;
    expect(offsets(feed.get())).toEqual([]);
  });

  test("tells of refusals and gaps", async () => {
    const { feed, current } = opened();
    feed.subscribe(() => {});
    const error = new ChannelError({ code: "OPENLINE_FORBIDDEN", message: "No" });
    current().status = "refused";
    current().emit("error", error);
    expect(feed.get()).toMatchObject({ status: "refused", error });
    current().status = "joined";
    current().emit("joined");
    expect(feed.get()).toMatchObject({ status: "joined", error: null });
    current().emit("gap", { reason: "retention", from: 1, to: 3 });
    expect(feed.get().gap).toEqual({ reason: "retention", from: 1, to: 3 });
    current().history = () => Promise.reject(error);
    await feed.loadOlder();
    expect(feed.get()).toMatchObject({ isLoading: false, error });
  });
});
