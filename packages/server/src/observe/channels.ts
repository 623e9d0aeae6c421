import { type Channel, channel } from "node:diagnostics_channel";

/** A client has connected to a namespace, with a session of its own or the one that it had. */
export interface ConnectedNotice {
  readonly namespace: string;
  /** The socket's id. */
  readonly socket: string;
  /** The connection's id. */
  readonly connection: string;
  readonly address: string | undefined;
  readonly transport: string;
  /** Whose it is, where that is asked. */
  readonly principal: string | undefined;
  readonly recovered: boolean;
}

/** A client's socket is gone. */
export interface DisconnectedNotice {
  readonly namespace: string;
  readonly socket: string;
  readonly connection: string;
  readonly reason: string;
  /** Messages that were left out for it. */
  readonly dropped: number;
}

/** Somebody was refused: a handshake, a CONNECT, a connection, a request about a room, an HTTP request. */
export interface RefusedNotice {
  readonly what: "handshake" | "connect" | "connection" | "request" | "http";
  readonly code: string;
  /** For people; it holds nothing secret. */
  readonly message: string;
  readonly connection?: string | undefined;
  readonly address?: string | undefined;
}

/** Messages were logged, or could not be. */
export interface AppendedNotice {
  readonly namespace: string;
  readonly messages: number;
  readonly durability: "process" | "disk";
  /** From the call until it was stored. */
  readonly durationMs: number;
  /** Null: it was stored. */
  readonly code: string | null;
}

/** A client has been sent what it missed. */
export interface ReplayedNotice {
  readonly namespace: string;
  readonly messages: number;
  readonly durationMs: number;
}

/**
 * What a server tells of itself by `node:diagnostics_channel`, under the names `openline.…`. Nothing is made for
 * nobody.
 */
export const channels: Readonly<Record<keyof Notices, Channel>> = {
  connected: channel("openline.connected"),
  disconnected: channel("openline.disconnected"),
  refused: channel("openline.refused"),
  appended: channel("openline.appended"),
  replayed: channel("openline.replayed"),
};

/** What each channel tells. */
export interface Notices {
  connected: ConnectedNotice;
  disconnected: DisconnectedNotice;
  refused: RefusedNotice;
  appended: AppendedNotice;
  replayed: ReplayedNotice;
}

/** Tells of something, if anybody listens. */
export function tell<Name extends keyof Notices>(name: Name, make: () => Notices[Name]): void {
  const to = channels[name];
  if (to.hasSubscribers) to.publish(make());
}

/** Listens; returns what ends it. */
export function listen<Name extends keyof Notices>(
  name: Name,
  listener: (notice: Notices[Name]) => void,
): () => void {
  const onMessage = (message: unknown): void => listener(message as Notices[Name]); // ours alone
  channels[name].subscribe(onMessage);
  return () => void channels[name].unsubscribe(onMessage);
}
