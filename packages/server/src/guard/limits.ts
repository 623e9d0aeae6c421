import type { Code } from "./codes.ts";
import type { SettledRate } from "./token-bucket.ts";

/** One limit. */
export interface Limit {
  readonly unit: string;
  /** What holds unless told otherwise; Infinity: nothing does. */
  readonly default: number | SettledRate;
  /** Why there is such a limit, and why it has this default. */
  readonly reason: string;
  /** What is told past it. */
  readonly code: Code;
}

const unlimited: SettledRate = {
  perSecond: Number.POSITIVE_INFINITY,
  burst: Number.POSITIVE_INFINITY,
};

/** Limits of what there is at once. */
export type CountName =
  | "connections"
  | "connectionsPerAddress"
  | "connectionsPerPrincipal"
  | "unauthenticated"
  | "unauthenticatedPerAddress"
  | "roomsPerSocket"
  | "namespacesPerConnection"
  | "acknowledgements"
  | "payload"
  | "depth"
  | "attachments"
  | "listeners"
  | "outbox"
  | "message"
  | "authentication"
  | "refreshGrace"
  | "credential";

/** Limits of what comes in a time. */
export type RateName =
  | "handshakes"
  | "handshakesPerAddress"
  | "messagesPerSocket"
  | "messagesPerPrincipal"
  | "messagesPerEvent"
  | "bytesPerSocket"
  | "bytesPerPrincipal"
  | "bytesPerEvent";

/** A key of {@link limits}. */
export type LimitName = CountName | RateName;

interface CountLimit extends Limit {
  readonly default: number;
}

interface RateLimit extends Limit {
  readonly default: SettledRate;
}

/** Everything that is bounded, by its name in the option `limits`. */
export const limits: Readonly<Record<CountName, CountLimit> & Record<RateName, RateLimit>> = {
  connections: {
    unit: "connections",
    default: Number.POSITIVE_INFINITY,
    reason: "only you know how many the machine holds: set it",
    code: "OPENLINE_TOO_MANY_CONNECTIONS",
  },
  connectionsPerAddress: {
    unit: "connections",
    default: 100,
    reason:
      "one machine must not take every place; IPv6 is counted by its /64, and loopback and private " +
      "addresses not at all unless you set it, as these are mostly proxies",
    code: "OPENLINE_TOO_MANY_FROM_ADDRESS",
  },
  connectionsPerPrincipal: {
    unit: "connections",
    default: 100,
    reason:
      "a token that was copied, or a page that forgets its connections; people have few devices",
    code: "OPENLINE_TOO_MANY_OF_PRINCIPAL",
  },
  unauthenticated: {
    unit: "connections",
    default: 10_000,
    reason: "whoever has not said who it is must not take the places of those who have",
    code: "OPENLINE_TOO_MANY_UNAUTHENTICATED",
  },
  unauthenticatedPerAddress: {
    unit: "connections",
    default: 20,
    reason: "those of one office say who they are within moments; those of an attacker never do",
    code: "OPENLINE_TOO_MANY_UNAUTHENTICATED",
  },
  handshakes: {
    unit: "handshakes a second",
    default: unlimited,
    reason: "only you know how fast the machine takes them: set it, for the storm after a restart",
    code: "OPENLINE_TOO_MANY_HANDSHAKES",
  },
  handshakesPerAddress: {
    unit: "handshakes a second",
    default: { perSecond: 20, burst: 200 },
    reason:
      "a handshake costs more than a message, a token's signature most of all; the burst lets all " +
      "connections of an address come back at once, and once again",
    code: "OPENLINE_TOO_MANY_HANDSHAKES",
  },
  messagesPerSocket: {
    unit: "messages a second",
    default: { perSecond: 1_000, burst: 10_000 },
    reason: "far beyond what people do, and far below what keeps the event loop from others",
    code: "OPENLINE_TOO_MANY_MESSAGES",
  },
  messagesPerPrincipal: {
    unit: "messages a second",
    default: { perSecond: 2_000, burst: 20_000 },
    reason: "of all sockets of a principal together: more sockets must not mean more of everything",
    code: "OPENLINE_TOO_MANY_MESSAGES",
  },
  messagesPerEvent: {
    unit: "messages a second",
    default: unlimited,
    reason: "of one event from one socket; only you know which ones are dear: set it for these",
    code: "OPENLINE_TOO_MANY_MESSAGES",
  },
  bytesPerSocket: {
    unit: "bytes a second",
    default: { perSecond: 10_000_000, burst: 50_000_000 },
    reason: "parsing takes the event loop for about as long as bytes there are",
    code: "OPENLINE_TOO_MANY_BYTES",
  },
  bytesPerPrincipal: {
    unit: "bytes a second",
    default: { perSecond: 20_000_000, burst: 100_000_000 },
    reason: "of all sockets of a principal together",
    code: "OPENLINE_TOO_MANY_BYTES",
  },
  bytesPerEvent: {
    unit: "bytes a second",
    default: unlimited,
    reason: "of one event from one socket; set it for those that are stored or sent on to many",
    code: "OPENLINE_TOO_MANY_BYTES",
  },
  roomsPerSocket: {
    unit: "rooms",
    default: 1_000,
    reason: "joining costs memory that the client decides about",
    code: "OPENLINE_TOO_MANY_ROOMS",
  },
  namespacesPerConnection: {
    unit: "namespaces",
    default: 100,
    reason:
      "each has a socket, with all that your handlers hang on it, for one packet of the client's",
    code: "OPENLINE_TOO_MANY_NAMESPACES",
  },
  acknowledgements: {
    unit: "events",
    default: 10_000,
    reason:
      "that were sent to one socket and wait for its answer: a client that never answers must not fill the memory",
    code: "OPENLINE_TOO_MANY_ACKNOWLEDGEMENTS",
  },
  payload: {
    unit: "bytes",
    default: 1_000_000,
    reason: "of one message or polling body, after decompression: the peer chooses its size",
    code: "OPENLINE_TOO_LARGE",
  },
  depth: {
    unit: "levels",
    default: 200,
    reason: "of nesting in a packet with attachments: each level costs stack",
    code: "OPENLINE_PACKET_TOO_DEEP",
  },
  attachments: {
    unit: "attachments",
    default: 10,
    reason: "of one packet: those that were announced are waited for, with all that came before",
    code: "OPENLINE_PACKET_TOO_MANY_ATTACHMENTS",
  },
  listeners: {
    unit: "listeners",
    default: 100,
    reason: "of one event of one socket: a handler that adds a listener each time fills the memory",
    code: "OPENLINE_TOO_MANY_LISTENERS",
  },
  outbox: {
    unit: "bytes",
    default: 16_777_216,
    reason: "that wait for one client: one that does not read must not fill the memory",
    code: "OPENLINE_TOO_SLOW",
  },
  message: {
    unit: "milliseconds",
    default: 60_000,
    reason:
      "from the first byte of a message or polling body to its last: what is begun and never finished holds memory",
    code: "OPENLINE_MESSAGE_TIMEOUT",
  },
  authentication: {
    unit: "milliseconds",
    default: 10_000,
    reason: "a connection that never says whose it is holds a place",
    code: "OPENLINE_AUTHENTICATION_TIMEOUT",
  },
  refreshGrace: {
    unit: "milliseconds",
    default: 25_000,
    reason: "from a token's end until the connection is closed: long enough to get a new one",
    code: "OPENLINE_TOKEN_EXPIRED",
  },
  credential: {
    unit: "bytes",
    default: 8_192,
    reason: "of a token, key, ticket or cookie: nobody has to hash a megabyte to be refused",
    code: "OPENLINE_TOKEN_INVALID",
  },
};
