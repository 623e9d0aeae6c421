import type { LogEntry } from "openline";

/** A promise that was broken. */
export class Violation extends Error {
  override readonly name = "Violation";
}

/** @throws Violation unless `holds` */
export function demand(holds: boolean, what: () => string): asserts holds {
  if (!holds) throw new Violation(what());
}

/** How an event was sent. */
export type SentKind =
  /** In durable rooms. */
  | "durable"
  /** Not logged, and kept for those who come back soon. */
  | "event"
  /** The value of a key of a "latest" room. */
  | "value"
  | "volatile";

/** What was sent, and by which number all who see it know it. */
export interface Sent {
  readonly n: number;
  readonly kind: SentKind;
  /** Null: to all. Who is in several gets it once, by the first. */
  readonly rooms: readonly string[] | null;
  readonly except: readonly string[];
  /** When, on the oracle's own clock, which counts everything that it is told of. */
  readonly order: number;
  /** By which process, counted from 1. */
  readonly process: number;
  /** The newest sequence of the log that was told of by then. */
  readonly head: number;
  readonly timeMs: number;
  /** Of a value. */
  readonly key: string;
}

const numbers = new WeakMap<LogEntry, number>();

/** The number of a logged event: what its payload is besides is the server's business. */
export function numberOf(entry: LogEntry): number {
  let found = numbers.get(entry);
  if (found === undefined) {
    const [, n = "-1"] = /"n":(\d+)/.exec(Buffer.from(entry.payload).toString("latin1")) ?? [];
    found = Number(n);
    numbers.set(entry, found);
  }
  return found;
}

/** What a cursor says: no client may rely on it, and the oracle does. */
export interface ReadCursor {
  readonly tag: string;
  readonly sequence: number;
}

const shape = /^([\w-]{8})(\d{1,16})(?:\.\d{1,16})?$/;

export function readCursor(text: unknown): ReadCursor | null {
  const [, tag = "", sequence = ""] = (typeof text === "string" && shape.exec(text)) || [];
  return tag === "" ? null : { tag, sequence: Number(sequence) };
}
