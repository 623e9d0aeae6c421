import { once } from "node:events";
import { existsSync, readFileSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { newFolder, startWriter } from "./lmdb-folder.fixture.ts";
import { lmdbLog } from "./lmdb-store.ts";
import { message } from "./message.fixture.ts";

const code = (text: string) => expect.objectContaining({ name: "LogError", code: text });
const locked = code("OPENLINE_LOG_LOCKED");

test("a second log on the same folder is refused, in this process and in another", async () => {
  const path = newFolder();
  const store = lmdbLog({ path });
  expect(() => lmdbLog({ path: `${path}/.` })).toThrow(locked);
  expect(await startWriter(path).line()).toBe("OPENLINE_LOG_LOCKED");
  await store.close();
  expect(existsSync(join(path, "writer.lock"))).toBe(false);
  await lmdbLog({ path }).close();
});

test("a stopped process keeps its lock, and a killed one loses it", async () => {
  const path = newFolder();
  const writer = startWriter(path);
  expect(await writer.line()).toMatch(/^open /);
  writer.child.kill("SIGSTOP");
  expect(() => lmdbLog({ path })).toThrow(/written by process \d+: stop it/);
  writer.child.kill("SIGKILL");
  await once(writer.child, "exit");
  await lmdbLog({ path }).close();
});

test("a process that got a dead owner's number is not taken for it", async () => {
  const path = newFolder();
  await lmdbLog({ path }).close();
  const store = lmdbLog({ path });
  const owner = JSON.parse(readFileSync(join(path, "writer.lock"), "utf8"));
  await store.close();
  // This process's own number, but of one that began at another time.
  writeFileSync(join(path, "writer.lock"), JSON.stringify({ ...owner, started: "other/1" }));
  await lmdbLog({ path }).close();
  expect(owner.pid).toBe(process.pid);
});

test("an owner on another host is taken for dead when it gives no sign of life", async () => {
  const path = newFolder();
  const file = join(path, "writer.lock");
  const owner = { pid: 1, host: "elsewhere", started: null, token: "theirs" };
  writeFileSync(file, JSON.stringify(owner));
  expect(() => lmdbLog({ path })).toThrow(/process 1 on elsewhere/);
  const longAgo = new Date(Date.now() - 60_000);
  utimesSync(file, longAgo, longAgo);
  await lmdbLog({ path }).close();
});

test("a lock that was cut off in the writing is taken over", async () => {
  const path = newFolder();
  writeFileSync(join(path, "writer.lock"), "");
  await lmdbLog({ path }).close();
});

test("whoever is taken over stores nothing more", async () => {
  const path = newFolder();
  const writer = startWriter(path);
  await writer.line();
  writer.send("append disk first");
  expect(await writer.line()).toBe("ok 1 false");
  // As if it had stood still on another host for long.
  const file = join(path, "writer.lock");
  const owner = JSON.parse(readFileSync(file, "utf8"));
  writeFileSync(file, JSON.stringify({ ...owner, host: "elsewhere" }));
  const longAgo = new Date(Date.now() - 60_000);
  writer.child.kill("SIGSTOP");
  utimesSync(file, longAgo, longAgo);
  const store = lmdbLog({ path });
  const log = await store.open("/");
  await log.append([message("ours")], "disk");
  writer.child.kill("SIGCONT");
  writer.send("append process theirs");
  const answers = [await writer.line(), await writer.line()].sort();
  expect(answers).toEqual(["OPENLINE_LOG_LOCKED", "failure OPENLINE_LOG_LOCKED"]);
  const found = await log.read("room", { limit: 10 });
  expect(found.map(({ payload }) => String(payload))).toEqual(["first", "ours"]);
  await store.close();
});
