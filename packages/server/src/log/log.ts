/** How much an acknowledged append survives. */
export type Durability =
  /** The death of the process: it is flushed to the disk soon after. */
  | "process"
  /** A power failure: it is on the disk. */
  | "disk";

/**
 * Where a message stands in its room.
 *
 * An epoch is one opening of a log: 128 random bits that tell its messages from those that another
 * opening would have given the same offsets, after a power failure or from a restored copy.
 */
export interface Position {
  readonly epoch: string;
  /** From 1 up, without holes. 0 is before the first. */
  readonly offset: number;
}

/** One opening of a log. */
export interface Epoch {
  readonly id: string;
  /** The last sequence before it: what the log held when it was opened. */
  readonly after: number;
}

/** A message that is to be logged. */
export interface NewEntry {
  readonly room: string;
  /** Tells a message that is sent again from a new one. Null: each is new. */
  readonly id: string | null;
  /** When it was published, in milliseconds since 1970. */
  readonly timeMs: number;
  readonly payload: Uint8Array;
}

/** A message on the log. */
export interface LogEntry extends NewEntry {
  /** Its place among all messages of the namespace, from 1 up: each is greater than the one before. */
  readonly sequence: number;
  /** Its place in the room: one more than that of the room's message before. */
  readonly offset: number;
}

/** What became of an append. */
export interface Appended {
  readonly sequence: number;
  readonly offset: number;
  /** The id was known: this is where its message stands, and nothing was added. */
  readonly isDuplicate: boolean;
}

/** What a log knows of a room. */
export interface RoomState {
  /** The oldest message that is still there; one more than `lastOffset` if none is. */
  readonly firstOffset: number;
  /** The newest message, whether or not it is still there; 0 if there never was one. */
  readonly lastOffset: number;
  /** The sequence of the newest message; 0 if there never was one. */
  readonly lastSequence: number;
  /** The sequence of the newest message that was trimmed; 0 if none was. */
  readonly trimmedSequence: number;
  /** Payloads that are there, in bytes. */
  readonly bytes: number;
}

/** Which messages of a room are asked for. Both bounds are left out themselves. */
export interface ReadRange {
  /** Default 0: from the first that is there. */
  readonly after?: number | undefined;
  /** Default: to the last. */
  readonly before?: number | undefined;
  /** At most so many. */
  readonly limit: number;
  /** From the newest backwards, in place of from the oldest on. Default false. */
  readonly reverse?: boolean | undefined;
}

/** What a room keeps. What goes past one of the bounds is trimmed, the oldest first. */
export interface Retention {
  readonly maxMessages?: number | undefined;
  readonly maxAgeMs?: number | undefined;
  /** Of payloads. */
  readonly maxBytes?: number | undefined;
}

/** What is stored of a session, by a key that only its client can know. */
export interface SessionStore {
  /** Resolves when it is stored as safely as `durability` says. */
  put(key: string, record: Uint8Array, expiresMs: number, durability: Durability): Promise<void>;
  /** The record, if there is one that has not expired at `nowMs`. */
  get(key: string, nowMs: number): Promise<Uint8Array | null>;
  delete(key: string): Promise<void>;
  /** Removes those that have expired, at most `limit`; resolves to how many. */
  sweep(nowMs: number, limit: number): Promise<number>;
}

/**
 * The messages of a namespace, in one order; the source of truth about what was published.
 *
 * What each implementation promises, and `logContract` of `openline/testing` checks:
 *
 * - Sequences and offsets are given in the order of the calls to `append`, and within a call in the
 *   order of the entries. Offsets of a room have no holes, and none is given twice in an epoch.
 * - An append is all or nothing, even if the process dies: the entries, their offsets and their ids
 *   are stored together. Once it has resolved, every `read` sees it.
 * - An id that the room has seen within `idRetentionMs` gives the position of its message.
 * - Listeners of `tail` are told of each entry once, in the order of sequences, before the promise
 *   of its append resolves, and never of one that could still be lost by what its durability covers.
 * - A failed append rejects with a `LogError` and leaves no trace, or closes the log.
 */
export interface Log {
  /** This opening. */
  readonly epoch: string;
  /** All that are remembered, oldest first; the last is this one. */
  readonly epochs: readonly Epoch[];
  /** The newest sequence that `tail` has told of. */
  readonly head: number;
  /** Sessions of clients. */
  readonly sessions: SessionStore;
  append(entries: readonly NewEntry[], durability: Durability): Promise<readonly Appended[]>;
  /** Calls back with entries as they are logged. Returns what ends it. */
  tail(listener: (entries: readonly LogEntry[]) => void): () => void;
  read(room: string, range: ReadRange): Promise<readonly LogEntry[]>;
  /** The entries of a room that come after a sequence, at most `limit`, oldest first. */
  readAfter(room: string, sequence: number, limit: number): Promise<readonly LogEntry[]>;
  describe(room: string): Promise<RoomState>;
  /** The names of rooms that have messages, in the order of their names, after `after`. */
  rooms(after: string, limit: number): Promise<readonly string[]>;
  /** Removes what a room does not keep, at most `limit` messages; resolves to how many. */
  trim(room: string, retention: Retention, nowMs: number, limit: number): Promise<number>;
}

/** Where the logs of all namespaces are kept. */
export interface LogStore {
  /** What an append is taken to need if nobody says. */
  readonly durability: Durability;
  /** True if what is stored outlives the process. */
  readonly isPersistent: boolean;
  /** Called once, when nothing can be stored any more. */
  onFailure: ((error: Error) => void) | null;
  /** The log of a namespace: the same one each time. */
  open(namespace: string): Promise<Log>;
  /** Waits for what is being stored, and lets go of it all. */
  close(): Promise<void>;
}
