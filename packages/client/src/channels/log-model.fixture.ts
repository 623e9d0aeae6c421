import type { Numbered, Producer } from "./producer.ts";

/** An entry of the model: its name, and what the server does with it. */
export interface Entry {
  readonly id: number;
  /** A large one ends the line. */
  readonly kind: "good" | "bad" | "large";
}

/** A server that publishes what one client numbers, and the line between the two. */
export class LogModel {
  readonly log: number[] = [];
  readonly rejected: number[] = [];
  nowMs = 0;
  private readonly producer: Producer<Entry>;
  private isUp = false;
  private requests: Numbered<Entry>[] = [];
  private answers: (() => void)[] = [];
  /** What this line has published: the numbers of one epoch. */
  private line: { key: string; next: number; isOver: boolean } | null = null;
  private readonly epochs = new Map<string, number>();
  /** The next one is refused for the time being. */
  private refuseNext = 0;

  constructor(producer: Producer<Entry>) {
    this.producer = producer;
  }

  get isIdle(): boolean {
    return this.requests.length === 0 && this.answers.length === 0;
  }

  connect(): void {
    if (this.isUp) return;
    this.isUp = true;
    this.line = null;
    this.producer.connected();
    this.send();
  }

  /** The line is lost: the server may have read what was sent, and its answers are gone. */
  cut(read: number): void {
    if (!this.isUp) return;
    for (let count = 0; count < read && this.isUp; count++) this.serve();
    this.end(false);
  }

  private end(isTooLarge: boolean): void {
    if (!this.isUp) return;
    this.isUp = false;
    this.requests = [];
    this.answers = [];
    const rejected = this.producer.disconnected(isTooLarge);
    if (rejected !== null) this.rejected.push(rejected.entry.id);
  }

  send(): void {
    for (;;) {
      const next = this.producer.next(this.nowMs);
      if (next === null) return;
      this.requests.push(next);
      if (this.requests.length + this.answers.length > 64) throw new Error("too many on their way");
    }
  }

  refuse(count: number): void {
    this.refuseNext = count;
  }

  /** Somebody else has gone on for the producer. */
  fence(): void {
    for (const name of this.epochs.keys()) this.epochs.set(name, Number.MAX_SAFE_INTEGER);
    this.line = null;
  }

  /** The server carries out the next request. */
  serve(): void {
    const request = this.requests.shift();
    if (request === undefined) return;
    if (request.entry.kind === "large") {
      this.end(true);
      return;
    }
    const code = this.carryOut(request);
    this.answers.push(() => {
      if (code === null) this.producer.accepted(request);
      else this.producer.refused(request, { code, message: "", ...later(code) });
      const rejected = this.producer.settle(this.nowMs);
      if (rejected !== null) this.rejected.push(rejected.entry.id);
    });
  }

  private carryOut({ entry, producer, epoch, sequence }: Numbered<Entry>): string | null {
    if (epoch < (this.epochs.get(producer) ?? 0)) return "OPENLINE_FENCED";
    this.epochs.set(producer, epoch);
    const key = `${producer} ${epoch}`;
    if (this.line?.key !== key) this.line = { key, next: 0, isOver: false };
    const { line } = this;
    if (line.isOver || sequence !== line.next) return "OPENLINE_OUT_OF_ORDER";
    const code =
      entry.kind === "bad" ? "OPENLINE_FORBIDDEN" : this.refuseNext-- > 0 ? "LATER" : null;
    if (code === null) {
      line.next += 1;
      if (!this.log.includes(entry.id)) this.log.push(entry.id);
    } else line.isOver = true;
    return code;
  }

  /** The next answer arrives. */
  answer(): void {
    this.answers.shift()?.();
    this.send();
  }

  /** Everything goes well until nothing is left to do. */
  settle(): void {
    this.refuseNext = 0;
    for (let steps = 0; this.producer.entries.length > 0; steps++) {
      if (steps > 10_000) throw new Error("the producer does not come to an end");
      this.connect();
      if (this.isIdle) this.nowMs = this.producer.wakeAtMs ?? this.nowMs;
      this.send();
      this.serve();
      this.answer();
    }
  }
}

function later(code: string): { retryAfterMs?: number } {
  return code === "LATER" ? { retryAfterMs: 100 } : {};
}
