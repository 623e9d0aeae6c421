import type { Durability, LogEntry } from "openline";
import type { Books } from "./books.ts";
import { demand, numberOf } from "./facts.ts";

/** What was answered to a publish. */
export interface Answer {
  readonly epoch: string;
  readonly offset: number;
  readonly duplicate: boolean;
}

interface Acknowledged {
  readonly n: number;
  readonly room: string;
  readonly entry: LogEntry;
  readonly durability: Durability;
}

/** Begun, and perhaps begun again. */
interface Started {
  /** The newest offset of the room that was acknowledged before it was begun. */
  readonly after: number;
  /** The power failures by then: what they cost is not held against it. */
  readonly losses: number;
  /** It was answered as new, so that nobody else may be. */
  isFirstAnswered: boolean;
  /** Each of its attempts was refused, so far. */
  isRefused: boolean;
  hasUnknown: boolean;
}

/** Checks what publishers are told: I1 to I4. */
export class Publishes {
  private readonly books: Books;
  private readonly durabilityOf: (room: string) => Durability;
  private acknowledged: Acknowledged[] = [];
  private readonly started = new Map<number, Started>();
  private readonly newest = new Map<string, number>();
  /** The last position of each publisher that numbers, by its name and the room. */
  private readonly numbered = new Map<string, { offset: number; losses: number }>();

  constructor(books: Books, durabilityOf: (room: string) => Durability) {
    this.books = books;
    this.durabilityOf = durabilityOf;
  }

  get count(): number {
    return this.acknowledged.length;
  }

  /** An attempt begins. */
  start(n: number, room: string): void {
    const known = this.started.get(n);
    if (known !== undefined) {
      known.isRefused = false;
      return;
    }
    const after = this.newest.get(room) ?? 0;
    const losses = this.books.losses.length;
    const first = { isFirstAnswered: false, isRefused: false, hasUnknown: false };
    this.started.set(n, { ...first, after, losses });
  }

  /** An attempt was refused: it has logged nothing. */
  refuse(n: number): void {
    const started = this.started.get(n);
    if (started !== undefined) started.isRefused = true;
  }

  /** The connection or the process is gone, and nobody knows what became of an attempt. */
  lose(n: number): void {
    const started = this.started.get(n);
    if (started !== undefined) started.hasUnknown = true;
  }

  /** An attempt was acknowledged; false if the answer was late, and a power failure has cost it. */
  acknowledge(n: number, room: string, { epoch, offset, duplicate }: Answer): boolean {
    const started = this.started.get(n);
    demand(started !== undefined, () => `an answer to ${n}, which nobody has published`);
    const entry = this.books.at(epoch, room, offset);
    const name = `publish ${n} in ${room}, acknowledged at ${offset}`;
    demand(entry !== undefined && numberOf(entry) === n, () => `I1: ${name}, is not there`);
    demand(
      duplicate || !started.isFirstAnswered,
      () => `I3: ${name}, was said to be new for the second time`,
    );
    started.isFirstAnswered ||= !duplicate;
    const hasLost = started.losses !== this.books.losses.length;
    demand(
      hasLost || offset > started.after,
      () => `I4: ${name}, began when ${started.after} had been acknowledged`,
    );
    const durability = this.durabilityOf(room);
    if (!this.books.holds(entry, n)) {
      // The answer was on its way when the power failed.
      const mayBeLost = durability === "process" && hasLost;
      demand(mayBeLost, () => `I1: ${name} (sequence ${entry.sequence}), is not on the log`);
      return false;
    }
    this.newest.set(room, Math.max(offset, this.newest.get(room) ?? 0));
    this.acknowledged.push({ n, room, entry, durability });
    return true;
  }

  /** The same for one that its publisher has numbered: they are answered, and logged, in that order. */
  acknowledgeNext(
    publisher: string,
    first: number,
    { n, room }: { readonly n: number; readonly room: string },
    answer: Answer,
  ): void {
    demand(n === first, () => `I4: ${n} was answered before ${first}, which was published earlier`);
    if (!this.acknowledge(n, room, answer)) return;
    const key = `${publisher} ${room}`;
    const losses = this.books.losses.length;
    const last = this.numbered.get(key);
    demand(
      last === undefined || last.losses !== losses || answer.offset > last.offset,
      () => `I4: ${n} is at ${answer.offset}, behind ${last?.offset}, which was published earlier`,
    );
    this.numbered.set(key, { offset: answer.offset, losses });
  }

  /** The log was cut off behind what is safe. */
  afterCrash(isPowerFailure: boolean): void {
    this.acknowledged = this.acknowledged.filter(({ n, room, entry, durability }) => {
      if (this.books.holds(entry, n)) return true;
      const mayBeLost = isPowerFailure && durability === "process";
      demand(
        mayBeLost,
        () => `I1: ${n} in ${room} (sequence ${entry.sequence}) was acknowledged, and is lost`,
      );
      return false;
    });
    if (isPowerFailure) this.newest.clear();
  }

  /** Looks at the whole log, once nothing is on its way. */
  atTheEnd(isKnown: (n: number, room: string) => boolean): void {
    const found = new Set<string>();
    for (const entry of this.books.history) {
      const n = numberOf(entry);
      const { room } = entry;
      demand(isKnown(n, room), () => `I2: ${n} is in ${room}, where nobody has sent it`);
      const key = `${n} ${room}`;
      demand(!found.has(key), () => `I3: ${n} is in ${room} twice`);
      found.add(key);
      const started = this.started.get(n);
      const wasRefused = started?.isRefused === true && !started.hasUnknown;
      demand(
        !wasRefused || started?.isFirstAnswered === true,
        () => `I2: ${n} was refused, and is in ${room}`,
      );
    }
  }
}
