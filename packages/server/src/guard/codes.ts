import { type PacketFault, packetFaults } from "@openline/protocol/socket";
import type { Refusal } from "../rooms/delivery-error.ts";

/** What a code stands for, wherever it is told. */
export interface CodeMeaning {
  /** The HTTP status that says it; null if no answer to a request carries it. */
  readonly status: number | null;
  /** The code of the Close frame where the connection ends for it (RFC 6455 §7.4); null if none does. */
  readonly closeCode: number | null;
  /**
   * Whether it helps to try again: `later`, the same; `changed`, once something is otherwise, such as
   * a new token or a smaller message; `never`.
   */
  readonly again: "later" | "changed" | "never";
  /** What has happened, for people; it is the message where nothing more exact is known. */
  readonly message: string;
}

type Meanings = Readonly<Record<string, CodeMeaning>>;

const connecting = {
  OPENLINE_ORIGIN: {
    status: 403,
    closeCode: null,
    again: "never",
    message: "Pages of this origin may not connect",
  },
  OPENLINE_UNAUTHENTICATED: {
    status: 401,
    closeCode: 1008,
    again: "changed",
    message: "This server wants to know who connects, and no credential was sent",
  },
  OPENLINE_AUTHENTICATION_TIMEOUT: {
    status: 401,
    closeCode: 1008,
    again: "changed",
    message: "Nobody said in time who connects",
  },
  OPENLINE_AUTHENTICATION_FAILED: {
    status: 500,
    closeCode: 1011,
    again: "later",
    message: "The server failed to find out who connects",
  },
  OPENLINE_TOKEN_INVALID: {
    status: 401,
    closeCode: 1008,
    again: "changed",
    message: "The token is no token of an issuer that this server trusts",
  },
  OPENLINE_TOKEN_EXPIRED: {
    status: 401,
    closeCode: 1008,
    again: "changed",
    message: "The token has expired: get a new one",
  },
  OPENLINE_TOKEN_NOT_YET_VALID: {
    status: 401,
    closeCode: 1008,
    again: "later",
    message: "The token is not valid yet: compare the clocks",
  },
  OPENLINE_TOKEN_AUDIENCE: {
    status: 401,
    closeCode: 1008,
    again: "changed",
    message: "The token is meant for another audience",
  },
  OPENLINE_TOKEN_ISSUER: {
    status: 401,
    closeCode: 1008,
    again: "changed",
    message: "The token is from another issuer",
  },
  OPENLINE_TOKEN_CLAIM: {
    status: 401,
    closeCode: 1008,
    again: "changed",
    message: "A claim that the token must have is missing, or says something else",
  },
  OPENLINE_ISSUER_UNAVAILABLE: {
    status: 503,
    closeCode: 1013,
    again: "later",
    message: "The keys of the token's issuer cannot be fetched now",
  },
  OPENLINE_API_KEY_INVALID: {
    status: 401,
    closeCode: 1008,
    again: "changed",
    message: "There is no such API key, or it was withdrawn",
  },
  OPENLINE_TICKET_INVALID: {
    status: 401,
    closeCode: 1008,
    again: "changed",
    message: "The ticket was used already, has expired, or was never issued: get a new one",
  },
  OPENLINE_SESSION_INVALID: {
    status: 401,
    closeCode: 1008,
    again: "changed",
    message: "The session has ended: sign in again",
  },
  OPENLINE_PRINCIPAL_CHANGED: {
    status: 403,
    closeCode: 1008,
    again: "changed",
    message: "The session is another principal's: connect anew",
  },
  OPENLINE_SIGNED_OUT: {
    status: null,
    closeCode: 1008,
    again: "changed",
    message: "The principal was signed out: sign in again",
  },
  OPENLINE_UNAUTHORIZED: {
    status: 401,
    closeCode: null,
    again: "changed",
    message: "A request to the HTTP API needs one of the server's keys",
  },
} as const;

const tooMuch = {
  OPENLINE_TOO_MANY_CONNECTIONS: {
    status: 503,
    closeCode: 1013,
    again: "later",
    message: "The server has as many connections as it takes",
  },
  OPENLINE_TOO_MANY_FROM_ADDRESS: {
    status: 429,
    closeCode: 1013,
    again: "later",
    message: "There are too many connections from this address: close some",
  },
  OPENLINE_TOO_MANY_OF_PRINCIPAL: {
    status: 429,
    closeCode: 1013,
    again: "later",
    message: "There are too many connections of this principal: close some",
  },
  OPENLINE_TOO_MANY_UNAUTHENTICATED: {
    status: 429,
    closeCode: 1013,
    again: "later",
    message: "Too many connections have not said yet whose they are",
  },
  OPENLINE_TOO_MANY_HANDSHAKES: {
    status: 429,
    closeCode: 1013,
    again: "later",
    message: "Connections come too fast: wait for `retryAfterMs`",
  },
  OPENLINE_TOO_MANY_MESSAGES: {
    status: 429,
    closeCode: 1008,
    again: "later",
    message: "Messages come too fast: wait for `retryAfterMs`",
  },
  OPENLINE_TOO_MANY_BYTES: {
    status: 429,
    closeCode: 1008,
    again: "later",
    message: "Too much is sent: wait for `retryAfterMs`",
  },
  OPENLINE_TOO_MANY_ROOMS: {
    status: 409,
    closeCode: null,
    again: "changed",
    message: "The client is in as many rooms as it may be: leave some first",
  },
  OPENLINE_TOO_MANY_LISTENERS: {
    status: null,
    closeCode: null,
    again: "never",
    message: "One event of one socket has so many listeners that they are probably never removed",
  },
  OPENLINE_TOO_LARGE: {
    status: 413,
    closeCode: 1009,
    again: "changed",
    message: "The message is larger than the server takes: send less at once",
  },
  OPENLINE_MESSAGE_TIMEOUT: {
    status: 408,
    closeCode: 1008,
    again: "later",
    message: "A message that was begun was not whole in time",
  },
  OPENLINE_TOO_MANY_NAMESPACES: {
    status: null,
    closeCode: 1008,
    again: "changed",
    message: "The connection is in as many namespaces as it may be: leave some first",
  },
  OPENLINE_TOO_MANY_ACKNOWLEDGEMENTS: {
    status: null,
    closeCode: 1008,
    again: "later",
    message: "The client leaves too many events without the answer that is waited for",
  },
  OPENLINE_TOO_SLOW: {
    status: null,
    closeCode: 1013,
    again: "later",
    message: "The client does not read as fast as it is sent to",
  },
  OPENLINE_SEND_QUEUE_FULL: {
    status: null,
    closeCode: null,
    again: "later",
    message: "The peer of a WebSocket does not read, and more waits for it than may wait",
  },
} as const;

const requests = {
  OPENLINE_BAD_REQUEST: {
    status: 400,
    closeCode: null,
    again: "changed",
    message: "The request is not formed as it must be",
  },
  OPENLINE_INVALID: {
    status: 400,
    closeCode: null,
    again: "changed",
    message: "What was sent is not what the event takes: see `details`",
  },
  OPENLINE_UNKNOWN_EVENT: {
    status: 404,
    closeCode: null,
    again: "never",
    message: "The contract has no such event",
  },
  OPENLINE_UNKNOWN_ROOM: {
    status: 404,
    closeCode: null,
    again: "never",
    message: "The contract has no such room",
  },
  OPENLINE_FORBIDDEN: {
    status: 403,
    closeCode: null,
    again: "changed",
    message: "The client may not do this",
  },
  OPENLINE_REFUSED: {
    status: 403,
    closeCode: null,
    again: "changed",
    message: "A middleware of the server has refused the client",
  },
  OPENLINE_NOT_DURABLE: {
    status: 409,
    closeCode: null,
    again: "never",
    message: "The room keeps no history, as no rule makes it durable",
  },
  OPENLINE_UNKNOWN_NAMESPACE: {
    status: 404,
    closeCode: null,
    again: "never",
    message: "There is no such namespace",
  },
  OPENLINE_UNKNOWN_PATH: {
    status: 404,
    closeCode: null,
    again: "never",
    message: "The HTTP API has no such path",
  },
  OPENLINE_NO_PRESENCE: {
    status: null,
    closeCode: null,
    again: "never",
    message: "The room tells nobody who is in it",
  },
  OPENLINE_OUT_OF_ORDER: {
    status: null,
    closeCode: null,
    again: "changed",
    message: "A message that its producer has published before is missing",
  },
  OPENLINE_FENCED: {
    status: null,
    closeCode: null,
    again: "changed",
    message: "Somebody else goes on publishing for this producer",
  },
  OPENLINE_CLOSING: {
    status: 503,
    closeCode: 1001,
    again: "later",
    message: "The server stops, or the socket has left",
  },
  OPENLINE_UNAVAILABLE: {
    status: 503,
    closeCode: 1013,
    again: "later",
    message: "The server cannot do this now",
  },
  OPENLINE_UNKNOWN_OUTCOME: {
    status: 500,
    closeCode: null,
    again: "later",
    message: "It may have been published or not: publish it again, with the same id",
  },
  OPENLINE_HANDLER_FAILED: {
    status: null,
    closeCode: null,
    again: "never",
    message: "The server failed to handle this event",
  },
  OPENLINE_FAILED: {
    status: 500,
    closeCode: null,
    again: "never",
    message: "The server failed to handle this request",
  },
} as const;

const logs = {
  OPENLINE_LOG_FULL: {
    status: 507,
    closeCode: null,
    again: "later",
    message: "The log has no space left: reading goes on",
  },
  OPENLINE_LOG_FAILED: {
    status: null,
    closeCode: null,
    again: "never",
    message: "The log's disk has failed, and nothing more is acknowledged",
  },
  OPENLINE_LOG_CLOSED: {
    status: null,
    closeCode: null,
    again: "never",
    message: "The log is closed",
  },
  OPENLINE_LOG_LOCKED: {
    status: null,
    closeCode: null,
    again: "later",
    message: "Another process writes to the log",
  },
  OPENLINE_LOG_CORRUPT: {
    status: null,
    closeCode: null,
    again: "never",
    message: "What is in the log's place cannot be read, or is no log",
  },
  OPENLINE_LOG_NEWER: {
    status: null,
    closeCode: null,
    again: "never",
    message: "The log was written by a newer version",
  },
  OPENLINE_LOG_READ_ONLY: {
    status: null,
    closeCode: null,
    again: "never",
    message: "The log was opened to be read alone",
  },
} as const;

type PacketCodes = Readonly<Record<`OPENLINE_PACKET_${PacketFault}`, CodeMeaning>>;

/** Those of a client that speaks another protocol, or another version of it, come back in vain. */
const packets = Object.fromEntries(
  Object.entries(packetFaults).map(([fault, message]): [string, CodeMeaning] => [
    `OPENLINE_PACKET_${fault}`,
    { status: 400, closeCode: 1008, again: "never", message: `A packet was refused: ${message}` },
  ]),
) as PacketCodes; // of all faults

/** Every code that Openline tells a client, a caller or a log, by what it is about. */
export const codesByTopic: Readonly<
  Record<"connecting" | "tooMuch" | "requests" | "logs" | "packets", Meanings>
> = { connecting, tooMuch, requests, logs, packets };

/** A key of {@link codes}. */
export type Code =
  | keyof typeof connecting
  | keyof typeof tooMuch
  | keyof typeof requests
  | keyof typeof logs
  | keyof PacketCodes;

/** Every code that Openline tells a client, a caller or a log. */
export const codes: Readonly<Record<Code, CodeMeaning>> = {
  ...connecting,
  ...tooMuch,
  ...requests,
  ...logs,
  ...packets,
};

/** What a client is told when it is refused. */
export interface GuardRefusal extends Refusal {
  readonly code: Code;
  /** What exactly is wrong, where there is more to say than a sentence. */
  readonly details?: unknown;
}

/** The close code of a connection that is ended for a code; of one that names none, 1008. */
export function closeCodeOf(code: string): number {
  return (Object.hasOwn(codes, code) ? codes[code as Code].closeCode : null) ?? POLICY_VIOLATION;
}

const POLICY_VIOLATION = 1008;

/** Makes a refusal, with the code's own message unless there is a more exact one. */
export function refusal(
  code: Code,
  more: {
    readonly message?: string;
    readonly retryAfterMs?: number;
    readonly details?: unknown;
  } = {},
): GuardRefusal {
  return { code, message: codes[code].message, ...more };
}
