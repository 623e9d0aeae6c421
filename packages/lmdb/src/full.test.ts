import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Log, LogStore } from "openline";
import { describe, expect, test } from "vitest";
import { newFolder } from "./lmdb-folder.fixture.ts";
import { lmdbLog } from "./lmdb-store.ts";
import { message } from "./message.fixture.ts";

const full = expect.objectContaining({ code: "OPENLINE_LOG_FULL", isTemporary: true });
const kilobyte = "x".repeat(1000);

/** Appends until it is refused. Resolves to how many messages were taken. */
async function fill(log: Log, room: string): Promise<number> {
  for (let count = 0; ; count += 10) {
    const entries = Array.from({ length: 10 }, (_, index) =>
      message(kilobyte, { room, id: `${room} ${count + index}` }),
    );
    try {
      await log.append(entries, count % 20 === 0 ? "disk" : "process");
    } catch (error) {
      expect(error).toEqual(full);
      return count;
    }
  }
}

/** Checks that a room holds its messages without a hole, and says how many. */
async function countWhole(log: Log, room: string): Promise<number> {
  const { firstOffset, lastOffset, bytes } = await log.describe(room);
  const found = await log.read(room, { limit: 1_000_000 });
  const expected = Array.from(found, (_, index) => firstOffset + index);
  expect(found.map(({ offset }) => offset)).toEqual(expected);
  expect(found.at(-1)?.offset ?? lastOffset).toBe(lastOffset);
  expect(bytes).toBe(found.reduce((sum, { payload }) => sum + payload.length, 0));
  return found.length;
}

describe("within `maxSizeBytes`", () => {
  test("it refuses more, is read on, and takes more when rooms were trimmed", async () => {
    const store = lmdbLog({ path: newFolder(), maxSizeBytes: 2_000_000 });
    const log = await store.open("/");
    const count = await fill(log, "room");
    expect(count).toBeGreaterThan(500);
    expect(count).toBeLessThan(2000);
    expect(await countWhole(log, "room")).toBe(count);
    expect(await log.trim("room", { maxMessages: 100 }, 1, 10_000)).toBe(count - 100);
    expect(await fill(log, "other")).toBeGreaterThan(200);
    // What it was refused with was not remembered.
    await log.trim("other", { maxMessages: 0 }, 1, 10_000);
    const [appended] = await log.append([message("1", { id: `room ${count}` })], "disk");
    expect(appended).toMatchObject({ offset: count + 1, isDuplicate: false });
    await store.close();
  });
});

/** A folder on a disk of its own, of this size; null where one may not be made. */
function mountSmallDisk(size: string): string | null {
  const folder = newFolder();
  const args = ["-t", "tmpfs", "-o", `size=${size}`, "tmpfs", folder];
  const isMounted = process.platform === "linux" && spawnSync("mount", args).status === 0;
  return isMounted ? folder : null;
}

function resize(disk: string, size: string): void {
  spawnSync("mount", ["-o", `remount,size=${size}`, disk]);
}

async function fillTwice(disk: string): Promise<void> {
  const path = join(disk, "log");
  let store: LogStore = lmdbLog({ path });
  let log = await store.open("/");
  const failures: Error[] = [];
  store.onFailure = (error) => failures.push(error);
  const told: number[] = [];
  log.tail((entries) => told.push(...entries.map(({ sequence }) => sequence)));
  const count = await fill(log, "room");
  expect(await countWhole(log, "room")).toBe(count);
  await expect(log.append([message(kilobyte.repeat(300))], "disk")).rejects.toEqual(full);
  await expect(log.sessions.put("key", Buffer.alloc(300_000), 2, "disk")).rejects.toEqual(full);
  resize(disk, "8m");
  const more = await fill(log, "room");
  // The ids that come again are known, and not stored twice.
  expect(more).toBeGreaterThan(count);
  expect(await countWhole(log, "room")).toBe(more);
  resize(disk, "12m");
  const other = await fill(log, "other");
  expect(other).toBeGreaterThan(100);
  expect(told).toEqual(Array.from({ length: more + other }, (_, index) => index + 1));
  expect(log.head).toBe(more + other);
  expect(failures).toEqual([]);
  await store.close();
  resize(disk, "16m");
  store = lmdbLog({ path });
  log = await store.open("/");
  expect(log.head).toBe(more + other);
  expect(await countWhole(log, "room")).toBe(more);
  expect(await countWhole(log, "other")).toBe(other);
  await store.close();
}

test("on a disk without room for a lock it says so", (context) => {
  const disk = mountSmallDisk("64k");
  if (disk === null) return context.skip("mounting a disk needs root on Linux");
  try {
    expect(() => writeFileSync(join(disk, "all"), Buffer.alloc(100_000))).toThrow("ENOSPC");
    expect(() => lmdbLog({ path: join(disk, "data") })).toThrow(full);
  } finally {
    spawnSync("umount", ["-l", disk]);
  }
});

test("on a full disk it refuses, leaves no trace, and goes on when there is room", async (context) => {
  const disk = mountSmallDisk("4m");
  if (disk === null) return context.skip("mounting a disk needs root on Linux");
  try {
    await fillTwice(disk);
  } finally {
    spawnSync("umount", ["-l", disk]);
  }
});
