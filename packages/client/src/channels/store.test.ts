import "fake-indexeddb/auto";
import { describe, expect, test } from "vitest";
import { indexedDB } from "./indexed-db.ts";
import { memoryStore, type Store, type StoredEntry } from "./store.ts";

let names = 0;

const stores: [name: string, make: () => Store][] = [
  ["memoryStore", memoryStore],
  ["indexedDB", () => indexedDB({ name: `test-${names++}` })],
];

function entry(id: string, owner = "a"): StoredEntry {
  return { id, owner, room: "r", event: "e", args: [id, { nested: [1, null] }] };
}

describe.each(stores)("%s", (_name, make) => {
  test("keeps positions of rooms, and forgets them", async () => {
    const store = make();
    const storage = await store.open("s");
    expect(await storage.position("r")).toBeNull();
    const position = { epoch: "e", offset: 7 };
    await storage.savePositions(
      new Map([
        ["r", position],
        ["q", position],
      ]),
    );
    await storage.savePositions(new Map([["q", null]]));
    storage.close();
    const again = await store.open("s");
    expect([await again.position("r"), await again.position("q")]).toEqual([position, null]);
    expect(await (await store.open("other")).position("r")).toBeNull();
  });

  test("keeps entries in the order in which they were added", async () => {
    const store = make();
    const storage = await store.open("s");
    const ids = ["z", "b", "a", "y"];
    await Promise.all(ids.map((id) => storage.addEntry(entry(id))));
    await (await store.open("other")).addEntry(entry("x"));
    await storage.removeEntry("b");
    await storage.removeEntry("never");
    storage.close();
    expect(await (await store.open("s")).entries()).toEqual(["z", "a", "y"].map((id) => entry(id)));
  });

  test("gives the entries of one owner to another, once", async () => {
    const storage = await make().open("s");
    for (const each of [entry("1"), entry("2", "b"), entry("3"), entry("4", "c")]) {
      await storage.addEntry(each);
    }
    const both = await Promise.all([
      storage.adoptEntries("a", "b"),
      storage.adoptEntries("a", "c"),
    ]);
    expect(both).toEqual([[entry("1", "b"), entry("3", "b")], []]);
    expect((await storage.entries()).map(({ id, owner }) => [id, owner])).toEqual([
      ["1", "b"],
      ["2", "b"],
      ["3", "b"],
      ["4", "c"],
    ]);
  });
});

test("indexedDB opens its database again when the browser has closed it", async () => {
  const storage = await indexedDB({ name: "closing" }).open("s");
  await storage.addEntry(entry("1"));
  storage.close();
  await storage.addEntry(entry("2"));
  expect(await storage.entries()).toHaveLength(2);
});
