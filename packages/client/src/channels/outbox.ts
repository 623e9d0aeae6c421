import { host } from "../platform/host.ts";
import { ChannelError, isRefusal, type Refusal } from "./channel-error.ts";
import { type Observable, Observed } from "./observable.ts";
import { type Numbered, Producer } from "./producer.ts";
import { randomId } from "./random-id.ts";
import { reportLater } from "./report.ts";
import type { Outcome } from "./requests.ts";
import type { Storage, StoredEntry } from "./store.ts";

/** Where a publish is on the log. */
export interface Published {
  readonly epoch: string;
  /** Null in rooms that are not logged. */
  readonly offset: number | null;
  /** Its id was known: this is the position of the message that was published first. */
  readonly duplicate: boolean;
}

/** A publish that is not settled. */
export interface OutboxEntry {
  readonly id: string;
  readonly room: string;
  readonly event: string;
  readonly args: readonly unknown[];
  /** Whether it is on its way. */
  readonly state: "waiting" | "sent";
}

/** What entries leave by. */
export interface OutboxLine {
  ask(fields: object, done: (outcome: Outcome) => void): void;
  /** The server does not answer: the line is to be made anew. */
  giveUp(): void;
  /** Whether nothing may leave yet; `send` is called when that has changed. */
  isHeld(): boolean;
  after(delayMs: number, callback: () => void): () => void;
  nowMs(): number;
}

interface Entry {
  readonly id: string;
  readonly room: string;
  readonly event: string;
  readonly args: readonly unknown[];
  shown: OutboxEntry;
  isStored: boolean;
  settle: ((published: Published) => void) | null;
  reject: ((error: ChannelError) => void) | null;
}

/** Keeps what is published until the server has it, or has refused it for good. */
export class Outbox {
  readonly shown: Observable<readonly OutboxEntry[]>;
  readonly #list: Observed<readonly OutboxEntry[]> = new Observed<readonly OutboxEntry[]>(
    Object.freeze([]),
  );
  readonly #line: OutboxLine;
  readonly #owner: string;
  readonly #producer: Producer<Entry>;
  readonly #entries = new Map<string, Entry>();
  /** Those that came before it was known what was there. */
  #early: Entry[] = [];
  /** Those whose storing is not done, or waits for another's; then the producer has them. */
  readonly #queue: Entry[] = [];
  #storage: Storage | null = null;
  /** Entries wait until it is known what was there before them. */
  #isOpen = false;
  #isUp = false;
  #isShowing = false;
  #stopWaiting: (() => void) | null = null;

  constructor(line: OutboxLine, owner: string) {
    this.#line = line;
    this.#owner = owner;
    this.shown = this.#list;
    this.#producer = new Producer<Entry>({ newId: randomId, random: Math.random });
  }

  /** Begins to send: entries that were kept come first. */
  open(storage: Storage | null, adopted: readonly StoredEntry[]): void {
    const own = this.#early;
    this.#early = [];
    this.#storage = storage;
    this.#isOpen = true;
    this.#entries.clear();
    for (const each of adopted) this.#take(each);
    for (const entry of own) {
      const adoptee = this.#entries.get(entry.id);
      if (adoptee === undefined) {
        this.#entries.set(entry.id, entry);
        this.#keep(entry);
      } else {
        // A page before this one had it, and it is given again: it is the same message.
        adoptee.settle = entry.settle;
        adoptee.reject = entry.reject;
      }
    }
    this.#pump();
  }

  /** Takes over what another page has left. */
  adopt(adopted: readonly StoredEntry[]): void {
    for (const each of adopted) this.#take(each);
    this.#pump();
  }

  #take({ id, room, event, args }: StoredEntry): void {
    if (!this.#entries.has(id)) this.#queue.push(this.#enter({ id, room, event, args }, true));
  }

  /** Resolves when the server has it; rejects with a ChannelError when it does not want it. */
  publish(room: string, event: string, args: readonly unknown[], id: string): Promise<Published> {
    return new Promise((resolve, reject) => {
      const known = this.#entries.get(id);
      const entry = known ?? this.#enter({ id, room, event, args }, false);
      const { settle: settleOther, reject: rejectOther } = entry;
      entry.settle = (published) => {
        settleOther?.(published);
        resolve(published);
      };
      entry.reject = (error) => {
        rejectOther?.(error);
        reject(error);
      };
      if (known === undefined) {
        if (this.#isOpen) this.#keep(entry);
        else this.#early.push(entry);
        this.#pump();
      }
    });
  }

  #enter(given: Omit<OutboxEntry, "state">, isStored: boolean): Entry {
    const shown = Object.freeze({ ...given, state: "waiting" as const });
    const entry: Entry = { ...given, shown, isStored, settle: null, reject: null };
    this.#entries.set(given.id, entry);
    return entry;
  }

  /** Stores an entry; it is sent after that, or after it has failed. */
  #keep(entry: Entry): void {
    this.#queue.push(entry);
    const done = (): void => {
      entry.isStored = true;
      this.#pump();
    };
    if (this.#storage === null) done();
    else {
      const { id, room, event, args } = entry;
      this.#storage.addEntry({ id, room, event, args, owner: this.#owner }).then(done, (error) => {
        // It is sent all the same, and lost only if the page goes before.
        reportLater(error);
        done();
      });
    }
  }

  connected(): void {
    this.#isUp = true;
    this.#producer.connected();
    this.#pump();
  }

  /** `isTooLarge`: the server has ended the line for something that it was sent. */
  disconnected(isTooLarge = false): void {
    this.#isUp = false;
    const rejected = this.#producer.disconnected(isTooLarge);
    if (rejected !== null) this.#reject(rejected.entry, rejected.refusal);
    for (const entry of this.#entries.values()) this.#mark(entry, "waiting");
    this.#pump();
  }

  /** Sends what may leave, and shows how things are. */
  send(): void {
    this.#pump();
  }

  #pump(): void {
    this.#stopWaiting?.();
    this.#stopWaiting = null;
    if (this.#isOpen) {
      while (this.#queue[0]?.isStored === true) this.#producer.add(this.#queue.shift()!);
    }
    const line = this.#line;
    const producer = this.#producer;
    const take = (): Numbered<Entry> | null => (line.isHeld() ? null : producer.next(line.nowMs()));
    for (let next = take(); next !== null; next = take()) {
      this.#mark(next.entry, "sent");
      this.#send(next);
    }
    const { wakeAtMs } = producer;
    if (wakeAtMs !== null && this.#isUp && !line.isHeld()) {
      const delayMs = Math.max(0, wakeAtMs - line.nowMs());
      this.#stopWaiting = line.after(delayMs, () => this.#pump());
    }
    this.#show();
  }

  #send(numbered: Numbered<Entry>): void {
    const { entry, producer, epoch, sequence } = numbered;
    const { id, room, event, args } = entry;
    const fields = { room, event, args, id, producer, epoch, sequence };
    this.#line.ask(fields, (outcome) => {
      if (outcome.kind === "timeout") this.#line.giveUp();
      if (outcome.kind !== "answer") return;
      const { answer } = outcome;
      if (isRefusal(answer)) {
        this.#producer.refused(numbered, answer);
        this.#mark(entry, "waiting");
      } else {
        this.#producer.accepted(numbered);
        this.#finish(entry)?.settle?.(answer as Published); // what is no refusal
      }
      const rejected = this.#producer.settle(this.#line.nowMs());
      if (rejected !== null) this.#reject(rejected.entry, rejected.refusal);
      this.#pump();
    });
  }

  #reject(entry: Entry, refusal: Refusal): void {
    this.#finish(entry)?.reject?.(new ChannelError(refusal));
  }

  #finish(entry: Entry): Entry | null {
    if (!this.#entries.delete(entry.id)) return null;
    this.#storage?.removeEntry(entry.id).catch(reportLater);
    return entry;
  }

  #mark(entry: Entry, state: OutboxEntry["state"]): void {
    if (entry.shown.state !== state) entry.shown = Object.freeze({ ...entry.shown, state });
  }

  /** Once for all that happens together. */
  #show(): void {
    if (this.#isShowing) return;
    this.#isShowing = true;
    host.queueMicrotask(() => {
      this.#isShowing = false;
      this.#showNow();
    });
  }

  #showNow(): void {
    const before = this.#list.get();
    const now = [...this.#entries.values()].map(({ shown }) => shown);
    const isSame = now.length === before.length && now.every((each, at) => each === before[at]);
    if (!isSame) this.#list.set(Object.freeze(now));
  }

  /** What waits is not sent by this client any more; it stays in the store. */
  close(): void {
    this.#stopWaiting?.();
    this.#isUp = false;
    const message = "The client was closed before the server has answered";
    for (const { reject } of this.#entries.values()) {
      reject?.(new ChannelError({ code: "OPENLINE_CLIENT_CLOSED", message }));
    }
    this.#entries.clear();
    this.#show();
  }
}
