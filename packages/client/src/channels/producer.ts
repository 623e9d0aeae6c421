import { isPassing, type Refusal } from "./channel-error.ts";

/** An entry on its way, as the server has to be told of it. */
export interface Numbered<Entry> {
  readonly entry: Entry;
  readonly producer: string;
  readonly epoch: number;
  readonly sequence: number;
}

/** An entry that is refused for good. */
export interface Rejected<Entry> {
  readonly entry: Entry;
  readonly refusal: Refusal;
}

export interface ProducerOptions {
  /** A name that nobody else has, of at most 64 characters. */
  readonly newId: () => string;
  /** From 0 to 1. */
  readonly random: () => number;
}

interface Sent<Entry> {
  readonly entry: Entry;
  refusal: Refusal | null;
  isAnswered: boolean;
}

/** How many may be on their way: the server takes no more. */
const WINDOW = 64;

/** A server says so by ending the connection, and by nothing else. */
const tooLarge: Refusal = {
  code: "OPENLINE_TOO_LARGE",
  message: "The server ends the connection when it is sent this: it is too large",
};

/** Refusals of what is right in itself: only its number is not. */
const OUT_OF_ORDER = "OPENLINE_OUT_OF_ORDER";
const FENCED = "OPENLINE_FENCED";

/**
 * Publishes entries in their order, many at a time, each once whatever becomes of the line.
 *
 * Entries are numbered within an epoch, and the server carries out no number without those before it. So
 * one that is refused ends its epoch: the others are awaited, and begin the next one, in the same order
 * and with the same ids. With another line begins another epoch, too.
 *
 * Owns no line and no timer: the caller sends what `next` gives until that is null, and asks again
 * after every change and at `wakeAtMs`. Times are in milliseconds, on any clock.
 */
export class Producer<Entry> {
  readonly #options: ProducerOptions;
  /** The oldest first. */
  #waiting: Entry[] = [];
  /** By their numbers; those at the beginning are taken off once they are published. */
  #sent: Sent<Entry>[] = [];
  /** The number of the first of `sent`. */
  #firstSequence = 0;
  #producer: string;
  #epoch = 0;
  #isUp = false;
  /** Something was refused: nothing more of this epoch leaves. */
  #isOver = false;
  #wakeAt: number | null = null;
  /** How many are sent one at a time, since one of them is too large. */
  #singles = 0;
  /** What was alone on its way when the line was ended for that. */
  #suspect: Entry | null = null;
  /** How many epochs in a row have published nothing. */
  #failures = 0;

  constructor(options: ProducerOptions) {
    this.#options = options;
    this.#producer = options.newId();
  }

  /** What is not settled, the oldest first. */
  get entries(): readonly Entry[] {
    return [...this.#unpublished(), ...this.#waiting];
  }

  /** When to call `next` again if nothing else happens; null: not at all. */
  get wakeAtMs(): number | null {
    return this.#isUp && this.#waiting.length > 0 ? this.#wakeAt : null;
  }

  add(entry: Entry): void {
    this.#waiting.push(entry);
  }

  /** There is a line, on which nothing was sent. */
  connected(): void {
    this.disconnected();
    this.#isUp = true;
  }

  /**
   * Nobody knows what has become of what was sent.
   *
   * If the server has ended the line as something was too large for it, what was on its way is sent one at
   * a time; and what does that twice, alone, is refused for good. It would go round for ever.
   */
  disconnected(isTooLarge = false): Rejected<Entry> | null {
    this.#isUp = false;
    const unpublished = this.#unpublished();
    if (this.#sent.length > 0 || this.#firstSequence > 0) this.#beginEpoch();
    if (!isTooLarge || unpublished.length === 0) return null;
    this.#singles = Math.max(this.#singles, unpublished.length);
    const [entry] = unpublished as [Entry];
    const isKnown = unpublished.length === 1 && entry === this.#suspect;
    this.#suspect = unpublished.length === 1 && !isKnown ? entry : null;
    if (!isKnown) return null;
    this.#waiting.splice(this.#waiting.indexOf(entry), 1);
    return { entry, refusal: tooLarge };
  }

  /** What to send now. */
  next(nowMs: number): Numbered<Entry> | null {
    const window = this.#singles > 0 ? 1 : WINDOW;
    if (!this.#isUp || this.#isOver || this.#sent.length >= window) return null;
    if (this.#wakeAt !== null && nowMs < this.#wakeAt) return null;
    const entry = this.#waiting.shift();
    if (entry === undefined) return null;
    this.#wakeAt = null;
    const sequence = this.#firstSequence + this.#sent.length;
    this.#sent.push({ entry, refusal: null, isAnswered: false });
    return { entry, producer: this.#producer, epoch: this.#epoch, sequence };
  }

  /** Takes the answer to a number of the epoch at hand: it is published. */
  accepted({ epoch, sequence, producer }: Numbered<Entry>): void {
    const sent = this.#find(producer, epoch, sequence);
    if (sent === null) return;
    sent.isAnswered = true;
    this.#failures = 0;
    this.#singles = Math.max(0, this.#singles - 1);
    if (this.#isOver) return;
    while (this.#sent[0]?.isAnswered === true) {
      this.#sent.shift();
      this.#firstSequence += 1;
    }
  }

  /** Takes the answer to a number of the epoch at hand: it is not published. */
  refused({ epoch, sequence, producer }: Numbered<Entry>, refusal: Refusal): void {
    const sent = this.#find(producer, epoch, sequence);
    if (sent === null) return;
    sent.isAnswered = true;
    sent.refusal = refusal;
    this.#isOver = true;
  }

  /**
   * Ends an epoch in which something was refused, once all is answered; returns what is refused for
   * good. To be called after each answer.
   */
  settle(nowMs: number): Rejected<Entry> | null {
    if (!this.#isOver || this.#sent.some(({ isAnswered }) => !isAnswered)) return null;
    // What follows the first was refused because of it, or with it.
    const first = this.#sent.find(({ refusal }) => refusal !== null)!; // which is why it is over
    const refusal = first.refusal!;
    const { code } = refusal;
    if (code === FENCED) {
      this.#producer = this.#options.newId();
      this.#epoch = 0;
    }
    const isRejected = code !== FENCED && code !== OUT_OF_ORDER && !isPassing(refusal);
    if (isRejected) this.#sent.splice(this.#sent.indexOf(first), 1);
    else this.#wakeAt = nowMs + this.#delayMs(refusal);
    this.#beginEpoch();
    return isRejected ? { entry: first.entry, refusal } : null;
  }

  #delayMs({ code, retryAfterMs }: Refusal): number {
    const isNumbering = code === FENCED || code === OUT_OF_ORDER;
    const times = this.#failures++;
    // Once it may be the number; not twice.
    const ownMs = isNumbering && times === 0 ? 0 : Math.min(500 * 2 ** times, 30_000);
    // Those of many clients spread out behind the time that all were told.
    const spreadMs = ownMs * (0.5 + this.#options.random() / 2);
    return retryAfterMs === undefined ? spreadMs : retryAfterMs + Math.min(spreadMs, retryAfterMs);
  }

  #find(producer: string, epoch: number, sequence: number): Sent<Entry> | null {
    if (producer !== this.#producer || epoch !== this.#epoch) return null;
    const sent = this.#sent[sequence - this.#firstSequence];
    return sent === undefined || sent.isAnswered ? null : sent;
  }

  /** What was not published waits again, before the others. */
  #beginEpoch(): void {
    this.#waiting = [...this.#unpublished(), ...this.#waiting];
    this.#sent = [];
    this.#firstSequence = 0;
    this.#epoch += 1;
    this.#isOver = false;
  }

  #unpublished(): Entry[] {
    return this.#sent
      .filter(({ isAnswered, refusal }) => !isAnswered || refusal !== null)
      .map(({ entry }) => entry);
  }
}
