/** Hooks for React: a client's connection, its outbox and its channels, as components see them. */
export type { FeedMessage, FeedOptions, FeedState } from "./channel-feed.ts";
export { OpenlineProvider, type ProviderProps, useClient } from "./provider.ts";
export { type ChannelView, type UseChannelOptions, useChannel } from "./use-channel.ts";
export { useConnection, useOutbox } from "./use-observable.ts";
export { usePresence } from "./use-presence.ts";
