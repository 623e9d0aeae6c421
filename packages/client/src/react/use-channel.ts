import type { AnyContract, RoomEvents, RoomName } from "@openline/protocol/contract";
import { useCallback, useSyncExternalStore } from "react";
import type { Channel, ChannelOptions } from "../channels/channel.ts";
import type { MessageOf } from "../channels/channel-types.ts";
import type { Client } from "../channels/client.ts";
import type { Published } from "../channels/outbox.ts";
import type { ChannelFeed, FeedOptions, FeedState } from "./channel-feed.ts";
import { feedOf } from "./feeds.ts";

/** Those of the first component that looks at a channel count for all. */
export interface UseChannelOptions extends ChannelOptions, FeedOptions {}

/** A channel, as a component sees it. */
export interface ChannelView<Events extends object> extends FeedState<MessageOf<Events>> {
  /** As the channel's own: it need not be joined yet. */
  readonly publish: Channel<Events>["publish"];
  readonly emit: Channel<Events>["emit"];
  /** Puts older messages in front; resolves when they are there, or could not be had. */
  readonly loadOlder: () => Promise<void>;
}

/**
 * The messages of a channel and what it can do. It is joined while a component looks at it, and left
 * when none does any more; components that look at one share it.
 */
export function useChannel<Of extends AnyContract, Name extends RoomName<Of>>(
  client: Client<Of>,
  name: Name,
  options?: UseChannelOptions,
): ChannelView<RoomEvents<Of, Name>> {
  type Events = RoomEvents<Of, Name>;
  type Message = MessageOf<Events>;
  const feed = feedOf(client, name, options) as unknown as ChannelFeed<
    Message & { readonly offset: number | null },
    Channel<Events>
  >; // by its name
  const state = useSyncExternalStore(feed.subscribe, feed.get, feed.get);

  const publish = useCallback((...given: unknown[]) => publisherOf(feed).publish(...given), [feed]);
  const emit = useCallback((...given: unknown[]) => publisherOf(feed).emit(...given), [feed]);
  return {
    ...state,
    // Whatever these take, the channel's own do.
    publish: publish as unknown as ChannelView<Events>["publish"],
    emit: emit as unknown as ChannelView<Events>["emit"],
    loadOlder: feed.loadOlder,
  };
}

/** The channel of a feed, whatever its events take. */
function publisherOf(feed: { reach(): object }): {
  publish(...given: unknown[]): Promise<Published>;
  emit(...given: unknown[]): void;
} {
  return feed.reach() as ReturnType<typeof publisherOf>;
}
