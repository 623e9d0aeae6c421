/**
 * What chat pages and the chat server say to each other: one JSON object a message.
 *
 * A page says `hello`, then `join`; the server answers `welcome`, then `joined` with what the
 * page has missed. Each room numbers its messages 1, 2, 3 …; a page that comes back names the
 * last number that it has (`after`) and the epoch that it belongs to (one run of the server).
 */

export const chatPath = "/chat";

/** Every limit of the chat. Lengths are in UTF-16 units, as JavaScript counts. */
export const chatLimits = {
  nameLength: 24,
  textLength: 2_000,
  /** Length of a session or message id. */
  idLength: 40,
  /** Messages of a room that are kept, and given to those who join. */
  historyMessages: 200,
  /** Text messages that one session may send at once, and each second after that. */
  burstMessages: 12,
  messagesPerSecond: 4,
  /** The same for everything else: joins, typing, probes. */
  burstRequests: 40,
  requestsPerSecond: 10,
  payloadBytes: 16_384,
  connections: 1_000,
  /** Sessions that the server remembers, to know a message that comes again. */
  sessions: 5_000,
  /** Message ids that it remembers of each. */
  idsPerSession: 200,
} as const;

/** How long a page shows that somebody types after the last word of it. */
export const typingExpiresMs = 4_000;

/** How often a page repeats that its user types. */
export const typingRepeatsMs = 2_000;

export const roomNames = ["general", "random", "help"] as const;

export type RoomName = (typeof roomNames)[number];

/** The server has this session on a newer connection: this page must not come back by itself. */
export const replacedCloseCode = 4001;

export interface Person {
  /** Public and stable while the session lasts. */
  readonly id: string;
  readonly name: string;
  /** False for the seconds in which the server waits for them to come back. */
  readonly isOnline: boolean;
}

export interface ChatMessage {
  readonly room: RoomName;
  /** Its number in the room: 1, 2, 3 … without gaps. */
  readonly seq: number;
  /** Made by the page that sent it, so that it can be told when it comes again. */
  readonly id: string;
  readonly author: { readonly id: string; readonly name: string };
  readonly text: string;
  /** When the server took it, in milliseconds since 1970. */
  readonly timeMs: number;
}

export type ClientMessage =
  /** First of all. `session` is the page's secret; the same one comes back as the same person. */
  | { readonly type: "hello"; readonly session: string; readonly name: string }
  | { readonly type: "rename"; readonly name: string }
  /** Moves to a room, and asks for what came after `after`. */
  | {
      readonly type: "join";
      readonly room: RoomName;
      readonly epoch?: string;
      readonly after?: number;
    }
  | { readonly type: "send"; readonly room: RoomName; readonly id: string; readonly text: string }
  | { readonly type: "typing"; readonly isTyping: boolean }
  /** Asks whether the line is alive: browsers do not show the protocol's own pings. */
  | { readonly type: "probe" }
  /** Asks the server to cut this very connection, without a goodbye. */
  | { readonly type: "cut" };

export type PresenceChange = "arrived" | "lost" | "returned" | "departed" | "renamed";

export type ServerMessage =
  | {
      readonly type: "welcome";
      readonly you: Person;
      readonly epoch: string;
      /** The number of the last message in each room. */
      readonly lastSeqs: Readonly<Record<RoomName, number>>;
    }
  | {
      readonly type: "joined";
      readonly room: RoomName;
      readonly epoch: string;
      readonly messages: readonly ChatMessage[];
      /** Whether messages between `after` and the first of `messages` are no longer kept. */
      readonly hasGap: boolean;
      readonly people: readonly Person[];
    }
  | { readonly type: "message"; readonly message: ChatMessage }
  /** The answer to `send`, also when it came before. */
  | { readonly type: "accepted"; readonly message: ChatMessage }
  /** A room that you are not in has a new message. */
  | { readonly type: "activity"; readonly room: RoomName; readonly seq: number }
  | {
      readonly type: "presence";
      readonly room: RoomName;
      readonly change: PresenceChange;
      readonly person: Person;
      /** With "renamed": the name before. */
      readonly formerName?: string;
    }
  | {
      readonly type: "typing";
      readonly room: RoomName;
      readonly person: string;
      readonly isTyping: boolean;
    }
  | { readonly type: "alive" }
  | {
      readonly type: "error";
      readonly code: ChatErrorCode;
      readonly message: string;
      /** The message that it is about, if any. */
      readonly id?: string;
      /** With RATE_LIMITED: when to try again. */
      readonly retryAfterMs?: number;
    };

/** Why a message from a page was refused; the connection goes on. */
export const chatErrors = {
  NOT_TEXT: "send JSON as a text message, not a binary one",
  NOT_JSON: "this is not a JSON object",
  UNKNOWN_TYPE: "type is hello, rename, join, send, typing, probe or cut",
  BAD_FIELD: "a field is missing or has the wrong type",
  BAD_NAME: `a name has 1 to ${chatLimits.nameLength} visible characters`,
  EMPTY_TEXT: "the text is empty",
  TEXT_TOO_LONG: `a text has at most ${chatLimits.textLength} characters`,
  UNKNOWN_ROOM: `the rooms are ${roomNames.join(", ")}`,
  HELLO_FIRST: "say hello before anything else",
  HELLO_TWICE: "one hello a connection; use rename for another name",
  RATE_LIMITED: "too fast: slow down",
} as const;

export type ChatErrorCode = keyof typeof chatErrors;
