import {
  type AbortControllerLike,
  type BroadcastChannelLike,
  browser,
  type LocksLike,
} from "./browser.ts";
import { reportLater } from "./report.ts";
import type { Storage, Store, StoredEntry } from "./store.ts";

/** What was found when a store was opened. */
export interface Opened {
  readonly storage: Storage;
  /** Entries of pages that are gone, now this one's. */
  readonly adopted: readonly StoredEntry[];
}

/**
 * Shares a store among the pages that use it: each owns the entries that it has added, and holds a lock by
 * its name for as long as it lives. What is owned by a page whose lock is free is adopted by another.
 *
 * Without Web Locks (a page without TLS, Node) everything is adopted at the start. If its owner still
 * lives, an entry is sent twice and, by its id, published once.
 */
export class Keeper {
  readonly owner: string;
  readonly #store: Store;
  readonly #scope: string;
  readonly #onAdopted: (entries: readonly StoredEntry[]) => void;
  readonly #watched = new Set<string>();
  #abort: AbortControllerLike = new browser.AbortController();
  #letGo: (() => void) | null = null;
  #news: BroadcastChannelLike | null = null;
  #opened: Storage | null = null;

  /** `onAdopted`: entries of pages that ended after this one has begun. */
  constructor(
    store: Store,
    scope: string,
    owner: string,
    onAdopted: (entries: readonly StoredEntry[]) => void,
  ) {
    this.#store = store;
    this.#scope = scope;
    this.owner = owner;
    this.#onAdopted = onAdopted;
  }

  get #isLeft(): boolean {
    return this.#abort.signal.aborted;
  }

  async open(): Promise<Opened> {
    this.#opened = await this.#store.open(this.#scope);
    return { storage: this.#opened, adopted: await this.#begin(this.#opened) };
  }

  /** Lets go of everything for a while: others may adopt what is here. */
  suspend(): void {
    this.#abort.abort();
    this.#letGo?.();
    this.#news?.close();
    this.#opened?.close();
  }

  /** Goes on after `suspend`; what others have left meanwhile is told to `onAdopted`. */
  async resume(): Promise<void> {
    this.#abort = new browser.AbortController();
    this.#watched.clear();
    if (this.#opened === null) return;
    const adopted = await this.#begin(this.#opened);
    if (adopted.length > 0) this.#onAdopted(adopted);
  }

  /** Takes this page's lock, and what is there of pages that are gone. */
  async #begin(storage: Storage): Promise<readonly StoredEntry[]> {
    const locks = browser.navigator?.locks;
    if (locks !== undefined) await this.#hold(locks);
    const adopted: StoredEntry[] = [];
    for (const owner of new Set((await storage.entries()).map((entry) => entry.owner))) {
      if (owner === this.owner) continue;
      if (locks === undefined) adopted.push(...(await storage.adoptEntries(owner, this.owner)));
      else {
        const found = await this.#adopt(locks, owner, { ifAvailable: true });
        if (found === null) this.#watch(owner);
        else adopted.push(...found);
      }
    }
    if (locks !== undefined) this.#listen();
    return adopted;
  }

  /** Resolves once the lock is this page's. */
  #hold(locks: LocksLike): Promise<void> {
    return new Promise((resolve, reject) => {
      const held = new Promise<void>((letGo) => {
        this.#letGo = letGo;
      });
      const take = (): Promise<void> => {
        resolve();
        return held;
      };
      locks.request(this.#lockOf(this.owner), {}, take).catch(reject);
    });
  }

  /** Null if the owner lives. */
  #adopt(
    locks: LocksLike,
    owner: string,
    options: { ifAvailable?: boolean; signal?: unknown },
  ): Promise<readonly StoredEntry[] | null> {
    return locks.request(this.#lockOf(owner), options, (lock) =>
      lock === null || this.#isLeft ? null : this.#opened!.adoptEntries(owner, this.owner),
    );
  }

  /** Whether it adopts what that owner leaves. */
  isWatching(owner: string): boolean {
    return this.#watched.has(owner);
  }

  /** Adopts what another page leaves, once it ends: one of those that wait for that does. */
  #watch(owner: string): void {
    const locks = browser.navigator?.locks;
    if (locks === undefined || this.#watched.has(owner) || owner === this.owner) return;
    this.#watched.add(owner);
    this.#adopt(locks, owner, { signal: this.#abort.signal }).then(
      (found) => {
        this.#watched.delete(owner);
        if (found !== null && found.length > 0) this.#onAdopted(found);
      },
      (error: unknown) => {
        if (!this.#isLeft) reportLater(error);
      },
    );
  }

  /** Tells the others of this page, and hears of those that come later. */
  #listen(): void {
    const { BroadcastChannel } = browser;
    if (BroadcastChannel === undefined || this.#isLeft) return;
    const news = new BroadcastChannel(`openline ${this.#scope}`);
    news.unref?.();
    news.onmessage = ({ data }) => {
      if (typeof data !== "string" || this.#watched.has(data)) return;
      this.#watch(data);
      // Who comes is to know of those who were there, even if they have nothing in the store yet.
      news.postMessage(this.owner);
    };
    news.postMessage(this.owner);
    this.#news = news;
  }

  #lockOf(owner: string): string {
    return `openline ${this.#scope} ${owner}`;
  }
}
