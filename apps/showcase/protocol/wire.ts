/**
 * What the page "On the wire" and its server say to each other.
 *
 * The page opens two WebSockets. One is looked at: `socket`. The other, `tap`, tells what the server
 * saw of the first, byte for byte, so that the reports do not show themselves.
 */

export const wirePaths = {
  tap: "/wire/tap",
  /** Echoes; `?tap=<id>` names the tap that looks at it. */
  socket: "/wire/socket",
  /** The same with permessage-deflate. */
  deflate: "/wire/socket-deflate",
  /** Updates by three transports: `?tap=<id>&interval=<ms>&after=<seq>`. */
  polling: "/wire/polling",
  longPolling: "/wire/long-polling",
  ticker: "/wire/ticker",
} as const;

/** Every limit of the page. */
export const wireLimits = {
  /** Of one message on the socket that is looked at. */
  payloadBytes: 131_072,
  /** Of one message on the other sockets: the page says little there. */
  requestBytes: 1_024,
  /** Of each path. */
  connections: 500,
  /** Of one page that are looked at: the one that it has, and those that are about to close. */
  watchedConnections: 4,
  /** Of one page's connections for updates. */
  tickerConnections: 2,
  /** What a tap may fall behind before it is cut. */
  tapBacklogBytes: 4_194_304,
  /** Messages that one socket may send at once, and each second after that. */
  burstMessages: 40,
  messagesPerSecond: 10,
  /** Polls, of both kinds, that one page may ask at once, and each second after that. */
  burstPolls: 40,
  pollsPerSecond: 30,
  /** Updates that are kept for those who poll. */
  keptUpdates: 256,
  /** How long a long poll waits before it is answered with nothing. */
  longPollMs: 20_000,
  /** Polls of one page that may wait. */
  waitingPolls: 2,
} as const;

/** How often there is an update, in milliseconds: what may be chosen. */
export const updateIntervals = [1_000, 500, 250, 100] as const;

export type UpdateInterval = (typeof updateIntervals)[number];

export const transportNames = ["polling", "longPolling", "webSocket"] as const;

export type TransportName = (typeof transportNames)[number];

export type Side = "client" | "server";

/** Texts that the echo takes as a wish. */
export const wishes = {
  /** Sends a ping. */
  ping: "/ping",
  /** Sends the text behind it in three fragments. */
  fragments: "/fragments ",
} as const;

/** One update of the ticker, the same by every transport. */
export interface Update {
  readonly seq: number;
  /** When the server made it, in milliseconds since 1970 with fractions. */
  readonly atMs: number;
  readonly value: number;
}

/** What one transport has cost so far, as the server's sockets counted it. */
export interface WireCost {
  readonly bytesIn: number;
  readonly bytesOut: number;
  /** HTTP requests; of a WebSocket the handshake. */
  readonly requests: number;
}

/**
 * What passed on a connection that is looked at. A page that connects again has two for a moment:
 * `connection` counts them from 1.
 */
export type WatchReport =
  /** The request as it came: its first line and its fields. */
  | {
      readonly type: "request";
      readonly connection: number;
      readonly atMs: number;
      readonly lines: readonly string[];
    }
  /** Bytes that passed, in base64. The server's begin with the answer to the request. */
  | {
      readonly type: "bytes";
      readonly connection: number;
      readonly from: Side;
      readonly atMs: number;
      readonly bytes: string;
    }
  /** The connection is gone. */
  | { readonly type: "end"; readonly connection: number; readonly atMs: number };

/** From the server, on the tap. */
export type TapReport =
  /** First of all: what `?tap=` takes. */
  | { readonly type: "tap"; readonly id: string }
  | WatchReport
  | { readonly type: "clock"; readonly sentMs: number; readonly serverMs: number }
  | { readonly type: "costs"; readonly costs: Readonly<Record<TransportName, WireCost>> };

/** From the page, on the tap. */
export type TapRequest =
  /** Asks for the server's clock; `sentMs` comes back. */
  | { readonly type: "clock"; readonly sentMs: number }
  /** Asks what the transports have cost, and begins to count anew if it says so. */
  | { readonly type: "costs"; readonly reset: boolean };

/** What a poll is answered with. */
export interface PollAnswer {
  readonly updates: readonly Update[];
}
