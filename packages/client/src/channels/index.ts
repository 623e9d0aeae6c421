/** Channels: rooms whose messages come once and in order, with an outbox, over the Socket.IO client. */
export {
  Channel,
  type ChannelHistory,
  type ChannelOptions,
  type ChannelStatus,
  type HistoryQuery,
  type PublishOptions,
} from "./channel.ts";
export { ChannelError } from "./channel-error.ts";
export type { ReadFrom } from "./channel-reader.ts";
export type { ChannelEvents, EventName, Input, MessageOf, Output } from "./channel-types.ts";
export { Client, type ClientOptions, createClient } from "./client.ts";
export type { ConnectionState } from "./connection.ts";
export { type IndexedDbOptions, indexedDB } from "./indexed-db.ts";
export type { Member, Members } from "./members.ts";
export type { Observable } from "./observable.ts";
export type { OutboxEntry, Published } from "./outbox.ts";
export type { ChannelMessage, Gap, Position } from "./positions.ts";
export { memoryStore, type Storage, type Store, type StoredEntry } from "./store.ts";
