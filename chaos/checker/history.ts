/** What every message carries: who sent it, as which of its messages, where to. */
export interface Content {
  readonly publisher: string;
  /** From 1 up, for each publisher. */
  readonly sequence: number;
  readonly room: string;
  /** Tells a message from all others; an attempt to send it again keeps it. */
  readonly id: string;
}

/** What a publisher was told. */
export type Answer =
  | {
      readonly kind: "ok";
      readonly epoch: string;
      readonly offset: number;
      readonly isDuplicate: boolean;
    }
  /** It is not on the log, and will not come there by this attempt. */
  | {
      readonly kind: "refused";
      readonly code: string;
      /** Trying again will not help. */
      readonly isFinal: boolean;
    }
  /** Nobody answered: it may be on the log, or come there. */
  | { readonly kind: "unknown" };

/** Times are milliseconds on one clock that grows with every look at it. */
export interface Attempt {
  readonly startMs: number;
  readonly endMs: number;
  /** Attempts over the same connection arrive in the order in which they were started. */
  readonly connection: string;
  readonly answer: Answer;
}

/** A message with all attempts to publish it, in their order. */
export interface Publish extends Content {
  /**
   * By `openline:publish`, by `io.room().publish`, by `io.to().emit`, which nobody answers, or through
   * the outbox of a client with channels.
   */
  readonly by: "client" | "server" | "emit" | "channel";
  /** Of an outbox: what its publisher has asked for; how often it was sent is the outbox's business. */
  readonly attempts: readonly Attempt[];
  /** Only for those of an outbox. */
  readonly outbox?: Kept;
}

/** What an outbox has made of a message. */
export interface Kept {
  /** It was stored, or sent: from then on no reload may lose it. */
  isOwed: boolean;
  /** When all was over it was still there, or its page had not heard of it. */
  isLeft: boolean;
}

/** A message as history has it. */
export interface Logged extends Content {
  readonly offset: number;
}

/** A room as history has it when all is over. */
export interface RoomLog {
  readonly room: string;
  readonly epoch: string;
  /** As they were read, in pages from the oldest on. */
  readonly messages: readonly Logged[];
  /** What the log says is its newest. */
  readonly headOffset: number;
}

/** A subscriber has begun anew by itself: it has given up its session. */
export const reloadReason = "reload";

/** What happens to a subscriber, as it notes it. */
export type Seen =
  | {
      readonly kind: "connect";
      readonly atMs: number;
      /** The private session id, which only its owner knows. */
      readonly session: string;
      readonly isRecovered: boolean;
    }
  | { readonly kind: "disconnect"; readonly atMs: number; readonly reason: string }
  /** It asks to be let in, with all after `since`; or with nothing that was published before. */
  | {
      readonly kind: "joining";
      readonly atMs: number;
      readonly room: string;
      readonly since: number | null;
    }
  /** It is in: the next message is the one after `offset`, if the server has told that. */
  | {
      readonly kind: "joined";
      readonly atMs: number;
      readonly room: string;
      readonly offset: number | null;
    }
  | { readonly kind: "leaving"; readonly atMs: number; readonly room: string }
  | { readonly kind: "left"; readonly atMs: number; readonly room: string }
  | {
      readonly kind: "message";
      readonly atMs: number;
      readonly content: Content;
      /** As the server told it; null if it came live, with a cursor that is the server's business. */
      readonly offset: number | null;
      /** Null for one that came in the answer to a join. */
      readonly cursor: string | null;
    }
  /** The server says that something is missing; in all rooms if it names none. */
  | {
      readonly kind: "gap";
      /** By an event, or by its answer to a join. */
      readonly by: "event" | "answer";
      readonly atMs: number;
      readonly reason: string;
      readonly rooms: readonly string[] | null;
    }
  /** The server has confirmed that this subscriber is let in no more. */
  | { readonly kind: "revoked"; readonly atMs: number }
  | SeenByPage;

/**
 * What happens to a page of a client with channels. Pages follow each other or live side by side, and
 * share what is kept.
 */
export type SeenByPage =
  /** It begins a room after an offset, which is stored or at which it has left; or now. */
  | {
      readonly kind: "opened";
      readonly atMs: number;
      readonly page: number;
      readonly room: string;
      readonly since: number | null;
    }
  /** It has joined, or joined again, and says that it is at an offset. */
  | {
      readonly kind: "entered";
      readonly atMs: number;
      readonly page: number;
      readonly room: string;
      readonly offset: number | null;
    }
  | {
      readonly kind: "delivered";
      readonly atMs: number;
      readonly page: number;
      readonly content: Content;
      readonly offset: number | null;
      /** By which its publisher has named it, as the server tells. */
      readonly id: string | null;
    }
  /** The channel says that messages cannot be had any more. */
  | {
      readonly kind: "declared";
      readonly atMs: number;
      readonly page: number;
      readonly room: string;
      readonly reason: string;
      readonly from: number | null;
      readonly to: number | null;
    }
  /** It has left a room; or is gone, with all its rooms. */
  | {
      readonly kind: "closed";
      readonly atMs: number;
      readonly page: number;
      readonly room: string | null;
    };

export type SubscriberKind = "websocket" | "polling" | "raw" | "channel";

export interface Subscriber {
  readonly name: string;
  readonly kind: SubscriberKind;
  /** Those behind the same proxy, whose faults they share. */
  readonly group: number;
  readonly events: readonly Seen[];
  /** It was connected, and in all of its rooms, at the end. */
  readonly isSettled: boolean;
}

/** A look at the server's process. */
export interface Sample {
  readonly atMs: number;
  /** Which process: it starts anew after each kill. */
  readonly pid: number;
  readonly rssBytes: number;
  readonly fileDescriptors: number;
  /** The longest delay of its event loop since the look before; null while it was stopped. */
  readonly loopDelayMs: number | null;
}

/** What the server may use. */
export interface Budget {
  readonly rssBytes: number;
  readonly fileDescriptors: number;
  readonly loopDelayMs: number;
}

/** All that a run has written down. */
export interface History {
  readonly publishes: readonly Publish[];
  /** Null for a server that has none. */
  readonly log: readonly RoomLog[] | null;
  readonly subscribers: readonly Subscriber[];
  readonly samples: readonly Sample[];
  readonly budget: Budget;
  /** For so long a session waits for its client. */
  readonly sessionMs: number;
}
