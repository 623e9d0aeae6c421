import type { StoredEntry } from "@openline/client/channels";
import { expect, it } from "vitest";
import { Random } from "../../plan/random.ts";
import { SharedStore } from "./shared-store.ts";

const deaf = { told() {}, kept() {} };

function entry(id: string): StoredEntry {
  return { id, owner: "page", room: "r", event: "e", args: [] };
}

async function idsOf(store: SharedStore): Promise<string[]> {
  const storage = await store.pageStore(deaf).open("");
  return (await storage.entries()).map(({ id }) => id);
}

it("keeps for the next page what a page has stored, in its order", async () => {
  const store = new SharedStore(new Random(1));
  const kept: string[] = [];
  const storage = await store.pageStore({ ...deaf, kept: (id) => kept.push(id) }).open("");
  await Promise.all(["a", "b", "c"].map((id) => storage.addEntry(entry(id))));
  await storage.removeEntry("b");
  expect(kept).toEqual(["a", "b", "c"]);
  expect([...store.entries]).toEqual(["a", "c"]);
  expect(await idsOf(store)).toEqual(["a", "c"]);
});

it("tells where a page was said to be", async () => {
  const store = new SharedStore(new Random(1));
  const told: unknown[] = [];
  const page = store.pageStore({ ...deaf, told: (...args) => told.push(args) });
  const storage = await page.open("");
  await storage.savePositions(new Map([["r", { epoch: "e", offset: 7 }]]));
  await storage.position("r");
  await storage.position("other");
  expect(told).toEqual([
    ["r", 7],
    ["other", null],
  ]);
});

it("makes at most the write that is under way when its page ends, and answers none", async () => {
  const ends = new Set<number>();
  for (let seed = 1; seed <= 20; seed += 1) {
    const store = new SharedStore(new Random(seed));
    const page = store.pageStore(deaf);
    const storage = await page.open("");
    let answers = 0;
    for (const id of ["a", "b", "c"]) void storage.addEntry(entry(id)).then(() => answers++);
    // The first one has begun then.
    await Promise.resolve();
    page.end();
    const ids = await idsOf(store);
    expect(["", "a"]).toContain(ids.join());
    expect(answers).toBe(0);
    ends.add(ids.length);
  }
  expect(ends).toEqual(new Set([0, 1]));
});
