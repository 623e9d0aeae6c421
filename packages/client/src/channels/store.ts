import type { Position } from "./positions.ts";

/** A publish that is not settled, as it is kept. */
export interface StoredEntry {
  readonly id: string;
  /** The page that sends it. */
  readonly owner: string;
  readonly room: string;
  readonly event: string;
  readonly args: readonly unknown[];
}

/** What is kept of one namespace of one server. */
export interface Storage {
  position(room: string): Promise<Position | null>;
  /** Keeps positions, and forgets those that are null. */
  savePositions(positions: ReadonlyMap<string, Position | null>): Promise<void>;
  /** All entries, in the order in which they were added. */
  entries(): Promise<readonly StoredEntry[]>;
  /** Resolves when it is kept; additions are kept in the order in which they were asked for. */
  addEntry(entry: StoredEntry): Promise<void>;
  removeEntry(id: string): Promise<void>;
  /** Makes all entries of one owner those of another; returns them, in their order. */
  adoptEntries(from: string, to: string): Promise<readonly StoredEntry[]>;
  /** Lets go of what is held open, for now or for good: another call opens it again. */
  close(): void;
}

/** Where a client keeps what a reload must not lose. */
export interface Store {
  /** Opens what is kept of `scope`: a server's address and a namespace. */
  open(scope: string): Promise<Storage>;
}

/** Keeps things as long as the program runs: for tests, and for clients that are made again. */
export function memoryStore(): Store {
  const scopes = new Map<string, Storage>();
  return {
    open(scope) {
      const storage = scopes.get(scope) ?? memoryStorage();
      scopes.set(scope, storage);
      return Promise.resolve(storage);
    },
  };
}

function memoryStorage(): Storage {
  const positions = new Map<string, Position>();
  let entries: StoredEntry[] = [];
  return {
    position: async (room) => positions.get(room) ?? null,
    async savePositions(changed) {
      for (const [room, position] of changed) {
        if (position === null) positions.delete(room);
        else positions.set(room, position);
      }
    },
    entries: async () => [...entries],
    async addEntry(entry) {
      entries.push(entry);
    },
    async removeEntry(id) {
      entries = entries.filter((entry) => entry.id !== id);
    },
    async adoptEntries(from, to) {
      const adopted: StoredEntry[] = [];
      entries = entries.map((entry) => {
        if (entry.owner !== from) return entry;
        const own = { ...entry, owner: to };
        adopted.push(own);
        return own;
      });
      return adopted;
    },
    close() {},
  };
}
