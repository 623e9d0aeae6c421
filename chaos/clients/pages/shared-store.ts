import { memoryStore, type Storage, type Store } from "@openline/client/channels";
import type { Random } from "../../plan/random.ts";

/** What a store tells the referee. */
export interface StoreWitness {
  /** A page was told where it is in a room. */
  told(room: string, offset: number | null): void;
  /** An entry is in the store, whatever becomes of its page. */
  kept(id: string): void;
}

/** What a page has of a store, until it ends. */
export interface PageStore extends Store {
  /** The page is gone: nothing that it has asked for happens any more, nor is it answered. */
  end(): void;
}

const maxDelayMs = 4;

/** A store that outlives its pages: in memory, and as slow as a disk. */
export class SharedStore {
  /** Entries that nobody has removed. */
  readonly entries: Set<string> = new Set();
  private readonly opened: Promise<Storage> = memoryStore().open("");
  private readonly random: Random;

  constructor(random: Random) {
    this.random = random;
  }

  /** Gives the store to a page. */
  pageStore(witness: StoreWitness): PageStore {
    const line = new MortalLine(this.random);
    return {
      end: () => line.end(),
      // Pages reach the one server by addresses of their own.
      open: () => line.carryOut(async () => this.storageOf(await this.opened, line, witness)),
    };
  }

  private storageOf(storage: Storage, line: MortalLine, witness: StoreWitness): Storage {
    const { entries } = this;
    return {
      position: (room) =>
        line.carryOut(async () => {
          const position = await storage.position(room);
          witness.told(room, position?.offset ?? null);
          return position;
        }),
      savePositions: (positions) => line.carryOut(() => storage.savePositions(positions)),
      entries: () => line.carryOut(() => storage.entries()),
      addEntry: (entry) =>
        line.carryOut(() => {
          entries.add(entry.id);
          witness.kept(entry.id);
          return storage.addEntry(entry);
        }),
      removeEntry: (id) =>
        line.carryOut(() => {
          entries.delete(id);
          return storage.removeEntry(id);
        }),
      adoptEntries: (from, to) => line.carryOut(() => storage.adoptEntries(from, to)),
      close() {},
    };
  }
}

/** Does one thing after the other, each in its time, until its page ends. */
class MortalLine {
  private readonly random: Random;
  private last: Promise<unknown> = Promise.resolve();
  private isOver = false;
  /** Does what is under way. */
  private finish: (() => void) | null = null;

  constructor(random: Random) {
    this.random = random;
  }

  carryOut<T>(act: () => Promise<T>): Promise<T> {
    const before = this.last;
    const result = new Promise<T>((resolve, reject) => {
      const begin = (): void => {
        if (this.isOver) return;
        const timer = setTimeout(() => this.finish?.(), this.random.between(0, maxDelayMs));
        this.finish = () => {
          clearTimeout(timer);
          this.finish = null;
          act().then(
            (value) => {
              if (!this.isOver) resolve(value);
            },
            (error: unknown) => {
              if (!this.isOver) reject(error);
            },
          );
        };
      };
      before.then(begin, begin);
    });
    this.last = result;
    return result;
  }

  /** A write that is under way is made as a whole, or not at all. */
  end(): void {
    this.isOver = true;
    if (this.random.chance(0.5)) this.finish?.();
    this.finish = null;
  }
}
