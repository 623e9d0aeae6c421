import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { LocksLike } from "./browser.ts";
import { Keeper } from "./keeper.ts";
import { memoryStore, type Store, type StoredEntry } from "./store.ts";

/** The Web Locks API of one browser. */
class Locks implements LocksLike {
  readonly held = new Set<string>();
  private readonly waiting: { name: string; run: () => void }[] = [];

  request<Result>(
    name: string,
    { ifAvailable, signal }: { ifAvailable?: boolean; signal?: AbortSignal },
    callback: (lock: object | null) => Result | Promise<Result>,
  ): Promise<Result> {
    return new Promise((resolve, reject) => {
      const run = (): void => {
        this.held.add(name);
        Promise.resolve(callback({}))
          .then(resolve, reject)
          .finally(() => {
            this.held.delete(name);
            this.next();
          });
      };
      if (!this.held.has(name)) run();
      else if (ifAvailable) Promise.resolve(callback(null)).then(resolve, reject);
      else {
        const entry = { name, run };
        this.waiting.push(entry);
        signal?.addEventListener("abort", () => {
          this.waiting.splice(this.waiting.indexOf(entry) >>> 0, 1);
          reject(signal.reason);
        });
      }
    });
  }

  private next(): void {
    const at = this.waiting.findIndex(({ name }) => !this.held.has(name));
    if (at >= 0) this.waiting.splice(at, 1)[0]!.run();
  }
}

let locks: Locks;
let store: Store;

beforeEach(() => {
  locks = new Locks();
  store = memoryStore();
  vi.stubGlobal("navigator", { locks });
});

afterEach(() => vi.unstubAllGlobals());

const keepers: Keeper[] = [];
afterEach(() => {
  for (const keeper of keepers.splice(0)) keeper.suspend();
});

function page(owner: string): { keeper: Keeper; later: string[] } {
  const later: string[] = [];
  const keeper = new Keeper(store, "s", owner, (entries) => later.push(...idsOf(entries)));
  keepers.push(keeper);
  return { keeper, later };
}

const idsOf = (entries: readonly StoredEntry[]): string[] => entries.map(({ id }) => id);

async function write(owner: string, id: string): Promise<void> {
  const storage = await store.open("s");
  await storage.addEntry({ id, owner, room: "r", event: "e", args: [] });
}

async function owners(): Promise<unknown> {
  const entries = await (await store.open("s")).entries();
  return entries.map(({ id, owner }) => [id, owner]);
}

describe("a keeper", () => {
  test("adopts what pages that are gone have left, in its order", async () => {
    await write("gone", "1");
    await write("also gone", "2");
    await write("gone", "3");
    const { adopted } = await page("a").keeper.open();
    expect(idsOf(adopted)).toEqual(["1", "3", "2"]);
    expect(await owners()).toEqual([
      ["1", "a"],
      ["2", "a"],
      ["3", "a"],
    ]);
  });

  test("leaves a living page what it has, and adopts it when that ends", async () => {
    const one = page("a");
    await one.keeper.open();
    await write("a", "1");
    const other = page("b");
    expect((await other.keeper.open()).adopted).toEqual([]);
    await write("a", "2");
    one.keeper.suspend();
    await expect.poll(() => other.later).toEqual(["1", "2"]);
    expect(await owners()).toEqual([
      ["1", "b"],
      ["2", "b"],
    ]);
  });

  test("adopts what a page leaves that came later", async () => {
    const one = page("a");
    await one.keeper.open();
    const other = page("b");
    await other.keeper.open();
    await write("b", "1");
    // News go by a BroadcastChannel, which takes its time.
    await expect.poll(() => one.keeper.isWatching("b")).toBe(true);
    other.keeper.suspend();
    await expect.poll(() => one.later).toEqual(["1"]);
  });

  test("adopts what a page leaves that came earlier, and had nothing then", async () => {
    const one = page("a");
    await one.keeper.open();
    const other = page("b");
    await other.keeper.open();
    await write("a", "1");
    await expect.poll(() => other.keeper.isWatching("a")).toBe(true);
    one.keeper.suspend();
    await expect.poll(() => other.later).toEqual(["1"]);
  });

  test("of several pages one adopts", async () => {
    const first = page("a");
    await first.keeper.open();
    for (const id of ["1", "2", "3"]) await write("a", id);
    const others = [page("b"), page("c"), page("d")];
    for (const { keeper } of others) await keeper.open();
    first.keeper.suspend();
    await expect.poll(() => others.flatMap(({ later }) => later)).toHaveLength(3);
    expect(others.filter(({ later }) => later.length > 0)).toHaveLength(1);
  });

  test("takes up again what nobody has adopted, and its lock", async () => {
    const one = page("a");
    await one.keeper.open();
    expect(locks.held).toEqual(new Set(["openline s a"]));
    one.keeper.suspend();
    await expect.poll(() => locks.held.size).toBe(0);
    await write("gone", "1");
    await one.keeper.resume();
    expect([locks.held, one.later]).toEqual([new Set(["openline s a"]), ["1"]]);
  });

  test("adopts everything where there are no locks", async () => {
    vi.stubGlobal("navigator", {});
    await write("b", "1");
    expect(idsOf((await page("a").keeper.open()).adopted)).toEqual(["1"]);
  });
});
