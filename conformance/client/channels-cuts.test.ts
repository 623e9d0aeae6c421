import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { memoryStore } from "@openline/client/channels";
import { lmdbLog } from "@openline/lmdb";
import { describe, expect, test } from "vitest";
import { onTestEnd } from "../socket-io-api/fixture.ts";
import { clientOf, place } from "./channels.fixture.ts";

/** A log on disk, as each restart finds it. */
function diskLog(): () => ReturnType<typeof lmdbLog> {
  const path = mkdtempSync(join(tmpdir(), "openline-channels-"));
  onTestEnd(() => rmSync(path, { recursive: true, force: true }));
  return () => lmdbLog({ path, durability: "process" });
}

/** Numbers from 0 to 1 that a seed gives again (mulberry32). */
function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const upTo = (count: number): number[] => Array.from({ length: count }, (_each, index) => index);

describe("over cuts and restarts", () => {
  test("a channel goes on where it was after a restart of the server", async () => {
    const server = await place({}, diskLog());
    const client = clientOf(server);
    const chat = client.channel("chat:1");
    const seen: unknown[] = [];
    const gaps: unknown[] = [];
    chat.on("message", (data) => seen.push(data));
    chat.on("gap", (gap) => gaps.push(gap));
    for (const index of upTo(3)) {
      await chat.publish("message", index);
      await server.restart();
      await server.io.room("chat:1").publish("message", `${index}, meanwhile`);
    }
    await expect.poll(() => seen).toHaveLength(6);
    expect(seen).toEqual(upTo(3).flatMap((index) => [index, `${index}, meanwhile`]));
    expect(gaps).toEqual([]);
  });

  // The names of the tests have it; OPENLINE_CHANNELS_SEED=<number> tries the same again.
  const given = process.env.OPENLINE_CHANNELS_SEED;
  const seed = given === undefined ? Math.floor(Math.random() * 2 ** 31) : Number(given);
  test.each(upTo(6).map((index) => (seed + index) >>> 0))(
    "what is published is on the log once and in order, and everybody sees that (seed %i)",
    async (each) => {
      const random = randomOf(each);
      const isOnDisk = random() < 0.5;
      const server = await place({}, isOnDisk ? diskLog() : undefined);
      const transports = random() < 0.7 ? ["websocket"] : ["polling", "websocket"];
      const writer = clientOf(server, { transports, persist: memoryStore() });
      const chat = writer.channel("chat:1");
      const seen: unknown[] = [];
      const reader = clientOf(server, { transports }).channel("chat:1", { from: "start" });
      reader.on("message", (data) => seen.push(data));
      const iterated: unknown[] = [];
      const iterating = (async () => {
        for await (const { data } of reader) if (iterated.push(data) === 400) return;
      })();
      const published: Promise<unknown>[] = [];
      const stir = async (): Promise<void> => {
        const what = random();
        if (what < 0.1) server.cut();
        else if (what < 0.12) {
          server.open(false);
          setTimeout(() => server.open(true), 30 * random());
        } else if (what < 0.13 && isOnDisk) await server.restart();
        else if (what < 0.5) await new Promise((resolve) => setTimeout(resolve, 10 * random()));
      };
      for (const index of upTo(400)) {
        published.push(chat.publish("message", index));
        await stir();
      }
      const offsets = (await Promise.all(published)).map(
        (one) => (one as { offset: number }).offset,
      );
      expect(offsets).toEqual(upTo(400).map((index) => index + 1));
      await expect.poll(() => seen.length, { timeout: 10_000 }).toBe(400);
      await iterating;
      expect(seen).toEqual(upTo(400));
      expect(iterated).toEqual(upTo(400));
    },
  );
});
