import { expect, test } from "vitest";
import { clientOf, place } from "./channels.fixture.ts";

test("a channel knows who is in its room, over cuts and restarts", async () => {
  const running = await place();
  const rule = { authorize: () => true, presence: true, presenceGraceMs: 60_000 };
  running.io.rooms("room:*", rule);
  const ann = clientOf(running).channel("room:1");
  const bob = clientOf(running).channel("room:1");
  const seen: unknown[] = [];
  ann.members.subscribe(({ count, isCurrent }) => seen.push([count, isCurrent]));
  await expect.poll(() => ann.members.get()).toMatchObject({ count: 2, isCurrent: true });
  expect(ann.members.get().members.map(({ data }) => data)).toEqual([
    { user: null },
    { user: null },
  ]);
  seen.length = 0;
  running.cut();
  // A line that breaks is no leaving.
  await expect
    .poll(() => seen.slice(0, 2))
    .toEqual([
      [2, false],
      [2, true],
    ]);
  bob.leave();
  await expect.poll(() => ann.members.get()).toMatchObject({ count: 1, isCurrent: true });
});

test("a room that tells nobody says so", async () => {
  const running = await place();
  const chat = clientOf(running).channel("chat:1");
  chat.members.subscribe(() => {});
  await expect.poll(() => chat.members.get().error?.code).toBe("OPENLINE_NO_PRESENCE");
});
