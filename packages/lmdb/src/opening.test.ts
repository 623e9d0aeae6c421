import {
  closeSync,
  copyFileSync,
  ftruncateSync,
  openSync,
  readFileSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { open } from "lmdb";
import { expect, test } from "vitest";
import { newFolder, startWriter } from "./lmdb-folder.fixture.ts";
import { lmdbLog } from "./lmdb-store.ts";
import { message } from "./message.fixture.ts";
import { openLmdbLog } from "./read-only-store.ts";

const code = (text: string) => expect.objectContaining({ name: "LogError", code: text });

/** A folder with a log of `count` messages, closed. */
async function written(count: number): Promise<string> {
  const path = newFolder();
  const store = lmdbLog({ path });
  const log = await store.open("/");
  const entries = Array.from({ length: count }, (_, index) =>
    message(`${index}`.padEnd(500), { id: `${index}`, room: `room ${index % 7}` }),
  );
  await log.append(entries, "disk");
  await store.close();
  return path;
}

test("what was acknowledged survives the death of the process", async () => {
  const path = newFolder();
  const writer = startWriter(path);
  await writer.line();
  for (let count = 1; count <= 50; count += 1) {
    writer.send(`append process ${count}`);
    expect(await writer.line()).toBe(`ok ${count} false`);
  }
  writer.child.kill("SIGKILL");
  const again = startWriter(path);
  expect(await again.line()).toMatch(/^open /);
  again.send("read room");
  const all = Array.from({ length: 50 }, (_, index) => index + 1);
  expect(await again.line()).toBe(`ok ${all.join(",")}`);
});

test.each([
  ["text", Buffer.from("not a database")],
  ["zeros", Buffer.alloc(20_000)],
  ["noise", Buffer.alloc(20_000, "noise")],
])("refuses a data file of %s, and leaves it as it is", async (_, bytes) => {
  const path = newFolder();
  writeFileSync(join(path, "data.mdb"), bytes);
  expect(() => lmdbLog({ path })).toThrow(code("OPENLINE_LOG_CORRUPT"));
  await expect(openLmdbLog(path, { readOnly: true })).rejects.toThrow(code("OPENLINE_LOG_CORRUPT"));
  expect(readFileSync(join(path, "data.mdb"))).toEqual(bytes);
});

test("refuses a database of another program, and leaves it as it is", async () => {
  const path = newFolder();
  const other = open({ path, encoding: "binary" });
  await other.put("theirs", Buffer.from("theirs"));
  await other.close();
  expect(() => lmdbLog({ path })).toThrow(code("OPENLINE_LOG_CORRUPT"));
  const again = open({ path, encoding: "binary" });
  expect([...again.getKeys()]).toEqual(["theirs"]);
  await again.close();
});

test("refuses a log that was cut off, at whatever page", async () => {
  const original = await written(2000);
  const { size } = statSync(join(original, "data.mdb"));
  let refused = 0;
  for (let pages = 0; pages * 4096 < size; pages += 13) {
    const path = newFolder();
    copyFileSync(join(original, "data.mdb"), join(path, "data.mdb"));
    truncateSync(join(path, "data.mdb"), pages * 4096 + 100);
    try {
      const store = lmdbLog({ path });
      const log = await store.open("/");
      let count = 0;
      for (const room of await log.rooms("", 100)) {
        count += (await log.read(room, { limit: 10_000 })).length;
      }
      expect(count).toBe(2000);
      await store.close();
    } catch (error) {
      expect(error).toEqual(code("OPENLINE_LOG_CORRUPT"));
      refused += 1;
    }
  }
  expect(refused).toBeGreaterThan(5);
});

test("refuses a log of a newer format", async () => {
  const path = await written(1);
  const tables = open({ path, encoding: "binary" });
  const meta = tables.openDB({ name: "meta", encoding: "binary", keyEncoding: "binary" });
  await meta.put(Buffer.from("format"), Buffer.from('{"format":2}'));
  await tables.close();
  expect(() => lmdbLog({ path })).toThrow(code("OPENLINE_LOG_NEWER"));
  await expect(openLmdbLog(path, { readOnly: true })).rejects.toThrow(code("OPENLINE_LOG_NEWER"));
});

test("takes a file that LMDB has made longer than it needs", async () => {
  const path = await written(10);
  const file = openSync(join(path, "data.mdb"), "r+");
  ftruncateSync(file, 10_000_000);
  closeSync(file);
  const store = lmdbLog({ path });
  const log = await store.open("/");
  expect(await log.read("room 1", { limit: 10 })).toHaveLength(2);
  await store.close();
});
