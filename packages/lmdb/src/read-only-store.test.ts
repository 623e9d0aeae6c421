import { expect, test } from "vitest";
import { newFolder, startWriter } from "./lmdb-folder.fixture.ts";
import { lmdbLog } from "./lmdb-store.ts";
import { message } from "./message.fixture.ts";
import { openLmdbLog } from "./read-only-store.ts";

const refused = expect.objectContaining({ code: "OPENLINE_LOG_READ_ONLY" });

test("reads what another process writes, as it is written", async () => {
  const path = newFolder();
  const writer = startWriter(path);
  const opened = await writer.line();
  const store = await openLmdbLog(path, { readOnly: true });
  const log = await store.open("/");
  expect(`open ${log.epoch}`).toBe(opened);
  for (let count = 1; count <= 20; count += 1) {
    writer.send(`append disk ${count}`);
    await writer.line();
    expect(await log.describe("room")).toMatchObject({ lastOffset: count });
    expect(log.head).toBe(count);
    const [last] = await log.read("room", { reverse: true, limit: 1 });
    expect(String(last?.payload)).toBe(`${count}`);
  }
  expect(await log.readAfter("room", 18, 10)).toHaveLength(2);
  expect(await log.rooms("", 10)).toEqual(["room"]);
  writer.send("trim room 3");
  expect(await writer.line()).toBe("ok 17");
  expect(await log.read("room", { limit: 100 })).toHaveLength(3);
  expect(await (await store.open("/never")).read("room", { limit: 1 })).toEqual([]);
  await store.close();
});

test("changes nothing, and keeps nobody from writing", async () => {
  const path = newFolder();
  const store = lmdbLog({ path });
  await (await store.open("/")).append([message("one")], "disk");
  await store.close();
  const reader = await openLmdbLog(path, { readOnly: true });
  const log = await reader.open("/");
  await expect(log.append([message("two")], "process")).rejects.toEqual(refused);
  await expect(log.trim("room", { maxMessages: 0 }, 1, 1)).rejects.toEqual(refused);
  await expect(log.sessions.put("key", Buffer.alloc(1), 1, "disk")).rejects.toEqual(refused);
  expect(() => log.tail(() => {})).toThrow(refused);
  const writer = startWriter(path);
  expect(await writer.line()).toMatch(/^open /);
  expect(await log.read("room", { limit: 10 })).toHaveLength(1);
  await reader.close();
});

test("says that there is none", async () => {
  const path = newFolder();
  await expect(openLmdbLog(path, { readOnly: true })).rejects.toThrow(/there is none/);
});
