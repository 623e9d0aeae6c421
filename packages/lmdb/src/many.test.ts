import { expect, test } from "vitest";
import { newFolder } from "./lmdb-folder.fixture.ts";
import { lmdbLog } from "./lmdb-store.ts";
import { message } from "./message.fixture.ts";

test("rooms that are not kept in memory go on where they were", async () => {
  const path = newFolder();
  const store = lmdbLog({ path });
  const log = await store.open("/");
  // More than `RoomCache` keeps.
  const rooms = Array.from({ length: 60_000 }, (_, index) => `room ${index}`);
  const one = rooms.map((room) => message("1", { room }));
  for (let round = 1; round <= 2; round += 1) {
    for (let start = 0; start < one.length; start += 1000) {
      const appended = await log.append(one.slice(start, start + 1000), "process");
      expect(appended.every(({ offset }) => offset === round)).toBe(true);
    }
  }
  expect(await log.describe("room 0")).toMatchObject({ firstOffset: 1, lastOffset: 2, bytes: 2 });
  expect(await log.read("room 1", { limit: 10 })).toHaveLength(2);
  await store.close();
});

test("more than one transaction takes is stored in several, each with what belongs to it", async () => {
  const path = newFolder();
  const store = lmdbLog({ path });
  const log = await store.open("/");
  const calls = Array.from({ length: 50 }, (_, call) =>
    log.append(
      Array.from({ length: 1000 }, (_, index) => message(`${call * 1000 + index + 1}`)),
      call % 2 === 0 ? "disk" : "process",
    ),
  );
  const appended = (await Promise.all(calls)).flat();
  expect(appended.every(({ offset }, index) => offset === index + 1)).toBe(true);
  await store.close();
  const again = lmdbLog({ path });
  const found = await (await again.open("/")).read("room", { limit: 1_000_000 });
  expect(found.map(({ payload }) => Number(payload))).toEqual(appended.map(({ offset }) => offset));
  await again.close();
});
