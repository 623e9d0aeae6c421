/** What is promised; the table of docs/reliability.md tells each in full. */
export type Invariant =
  | "I1"
  | "I2"
  | "I3"
  | "I4"
  | "I5"
  | "I6"
  | "I7"
  | "I8"
  | "I9"
  | "I10"
  | "I12";

/** What goes wrong, by the names that Jepsen's analyses of logs use where they have one. */
export type AnomalyName =
  /** Acknowledged, and not on the log. */
  | "lost write"
  /** On the log or received twice. */
  | "duplicate"
  /** A subscriber gets what comes after a message, and never the message. */
  | "poll skip"
  /** A subscriber gets a message after one that follows it. */
  | "nonmonotonic poll"
  /** Messages stand in another order than the one in which they were sent. */
  | "nonmonotonic send"
  /** Nobody sent it, or it was refused. */
  | "phantom"
  /** One place, two messages. */
  | "inconsistent offset"
  /** The offsets on the log have a hole. */
  | "log hole"
  /** A subscriber is told that something is gone which is there. */
  | "false gap"
  /** A subscriber does not come to the head although all is well. */
  | "stuck"
  /** A subscriber gets what was not meant for it. */
  | "leak"
  /** More memory, descriptors or time than granted. */
  | "over budget";

export interface Anomaly {
  readonly invariant: Invariant;
  readonly name: AnomalyName;
  /** Who and what, for people. */
  readonly detail: string;
}

/** One kind of anomaly: how many, and the first few of them. */
export interface AnomalyCount {
  readonly invariant: Invariant;
  readonly name: AnomalyName;
  readonly count: number;
  readonly examples: readonly string[];
}

const maxExamples = 10;

/** Counts anomalies; a broken server makes millions, so only the first of a kind are kept. */
export class Anomalies {
  private readonly kinds: Map<
    string,
    { invariant: Invariant; name: AnomalyName; count: number; examples: string[] }
  > = new Map();

  add(invariant: Invariant, name: AnomalyName, detail: string): void {
    const key = `${invariant} ${name}`;
    let kind = this.kinds.get(key);
    if (kind === undefined) {
      kind = { invariant, name, count: 0, examples: [] };
      this.kinds.set(key, kind);
    }
    kind.count += 1;
    if (kind.examples.length < maxExamples) kind.examples.push(detail);
  }

  list(): AnomalyCount[] {
    return [...this.kinds.values()];
  }
}
