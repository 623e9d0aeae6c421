import { type Database, done, open, result, type Transaction } from "./indexed-db-requests.ts";
import type { Position } from "./positions.ts";
import type { Storage, Store, StoredEntry } from "./store.ts";

export interface IndexedDbOptions {
  /**
   * The database. Give each user of the page one of their own, as what is kept of one would be sent and
   * read by the next. Default: "openline".
   */
  readonly name?: string | undefined;
}

/** An entry as it is kept; the database numbers them in the order in which they are added. */
interface Row extends StoredEntry {
  readonly scope: string;
}

const POSITIONS = "positions";
const OUTBOX = "outbox";
const BY_ID = "byId";
const BY_OWNER = "byOwner";

/** Keeps things in the browser, also when it ends. */
export function indexedDB({ name = "openline" }: IndexedDbOptions = {}): Store {
  return { open: async (scope) => new IndexedDbStorage(name, scope) };
}

class IndexedDbStorage implements Storage {
  readonly #name: string;
  readonly #scope: string;
  #database: Promise<Database> | null = null;

  constructor(name: string, scope: string) {
    this.#name = name;
    this.#scope = scope;
  }

  async position(room: string): Promise<Position | null> {
    const transaction = await this.#begin(POSITIONS, "readonly");
    const found = await result(transaction.objectStore(POSITIONS).get([this.#scope, room]));
    return (found as Position | undefined) ?? null; // nothing else is put there
  }

  async savePositions(positions: ReadonlyMap<string, Position | null>): Promise<void> {
    const transaction = await this.#begin(POSITIONS, "readwrite");
    const store = transaction.objectStore(POSITIONS);
    for (const [room, position] of positions) {
      const key = [this.#scope, room];
      if (position === null) store.delete(key);
      else store.put(position, key);
    }
    return done(transaction);
  }

  async entries(): Promise<readonly StoredEntry[]> {
    const transaction = await this.#begin(OUTBOX, "readonly");
    const rows = (await result(transaction.objectStore(OUTBOX).getAll())) as Row[]; // see `addEntry`
    return rows.filter(({ scope }) => scope === this.#scope).map(toEntry);
  }

  async addEntry(entry: StoredEntry): Promise<void> {
    const transaction = await this.#begin(OUTBOX, "readwrite");
    transaction.objectStore(OUTBOX).put({ ...entry, scope: this.#scope } satisfies Row);
    return done(transaction);
  }

  async removeEntry(id: string): Promise<void> {
    const transaction = await this.#begin(OUTBOX, "readwrite");
    const store = transaction.objectStore(OUTBOX);
    for (const key of await result(store.index(BY_ID).getAllKeys([this.#scope, id]))) {
      store.delete(key);
    }
    return done(transaction);
  }

  /** In one transaction, so that no two pages adopt the same. */
  async adoptEntries(from: string, to: string): Promise<readonly StoredEntry[]> {
    const transaction = await this.#begin(OUTBOX, "readwrite");
    const store = transaction.objectStore(OUTBOX);
    const adopted: StoredEntry[] = [];
    // The keys of an index that has one value are in their order.
    for (const key of await result(store.index(BY_OWNER).getAllKeys([this.#scope, from]))) {
      const row = (await result(store.get(key))) as Row; // see `addEntry`
      const own = { ...row, owner: to };
      store.put(own, key);
      adopted.push(toEntry(own));
    }
    await done(transaction);
    return adopted;
  }

  async #begin(store: string, mode: "readonly" | "readwrite"): Promise<Transaction> {
    this.#database ??= this.#open();
    const database = await this.#database;
    return database.transaction(store, mode);
  }

  async #open(): Promise<Database> {
    try {
      const database = await open(this.#name, 1, (made) => {
        made.createObjectStore(POSITIONS);
        const outbox = made.createObjectStore(OUTBOX, { autoIncrement: true });
        outbox.createIndex(BY_ID, ["scope", "id"]);
        outbox.createIndex(BY_OWNER, ["scope", "owner"]);
      });
      const forget = (): void => {
        this.#database = null;
      };
      // The browser may close it, and a newer version of the page's code may want it closed.
      database.onclose = forget;
      database.onversionchange = () => {
        forget();
        database.close();
      };
      return database;
    } catch (error) {
      this.#database = null;
      throw error;
    }
  }

  close(): void {
    const database = this.#database;
    this.#database = null;
    database?.then(
      (opened) => opened.close(),
      () => {}, // who needed it was told
    );
  }
}

function toEntry({ id, owner, room, event, args }: StoredEntry): StoredEntry {
  return { id, owner, room, event, args };
}
