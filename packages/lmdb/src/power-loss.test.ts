import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { lmdbLog } from "./lmdb-store.ts";
import { message } from "./message.fixture.ts";
import { Disk, readTrace, type TraceRecord } from "./power-loss.fixture.ts";
import { randomNumbers } from "./random.fixture.ts";

/** `POWER_LOSS_SEED` replays a run; `POWER_LOSS_IMAGES` makes it longer than the few seconds of a test. */
const seed = Number(process.env.POWER_LOSS_SEED ?? Math.floor(Math.random() * 1e9));
const imageCount = Number(process.env.POWER_LOSS_IMAGES ?? 300);
const batchCount = Math.max(25, Math.ceil(Math.sqrt(imageCount)));

let folder: string;
let recorder: string;

beforeAll(() => {
  // In memory: what is flushed there costs nothing, and it is the trace that decides.
  const memory = "/dev/shm";
  folder = mkdtempSync(join(existsSync(memory) ? memory : tmpdir(), "openline-power-"));
  recorder = join(folder, "recorder.so");
  const source = join(import.meta.dirname, "power-recorder.fixture.c");
  const link = ["-ldl", "-lpthread"];
  execFileSync("gcc", ["-shared", "-fPIC", "-O1", "-o", recorder, source, ...link]);
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Runs a publisher beneath the recorder. */
function record(durability: "disk" | "process"): TraceRecord[] {
  const home = mkdtempSync(join(folder, "run-"));
  const trace = join(home, "trace");
  mkdirSync(join(home, "log"));
  const program = join(import.meta.dirname, "power-publisher.fixture.ts");
  const publish = [program, join(home, "log"), home, `${seed}`, `${batchCount}`, durability];
  execFileSync(process.execPath, ["--conditions=@openline/source", "--import", "tsx", ...publish], {
    env: { ...process.env, LD_PRELOAD: recorder, POWER_TRACE: trace },
    stdio: "inherit",
  });
  const records = readTrace(readFileSync(trace));
  rmSync(home, { recursive: true, force: true });
  return records;
}

/** What a log has promised. */
interface Promised {
  readonly acknowledged: Map<string, Map<number, string>>;
  /** The last offset of each room that may be gone. */
  readonly trimmed: Map<string, number>;
}

/** Checks that a disk holds all that was promised, and that the log on it goes on. */
async function check(image: Buffer, { acknowledged, trimmed }: Promised): Promise<void> {
  const path = mkdtempSync(join(folder, "image-"));
  writeFileSync(join(path, "data.mdb"), image);
  // As after a restart of the machine, whose page cache was lost.
  writeFileSync(join(path, "unsynced"), "");
  const store = lmdbLog({ path });
  const log = await store.open("/");
  try {
    for (const [room, promised] of acknowledged) {
      const { firstOffset, lastOffset } = await log.describe(room);
      expect(firstOffset - 1).toBeLessThanOrEqual(trimmed.get(room) ?? 0);
      const found = await log.read(room, { limit: 1_000_000 });
      expect(found.length, `${room} has no holes`).toBe(lastOffset - firstOffset + 1);
      for (const [offset, text] of promised) {
        if (offset < firstOffset) continue;
        expect(String(found[offset - firstOffset]?.payload), `${room} ${offset}`).toBe(text);
      }
      const [next] = await log.append([message("next", { room })], "disk");
      expect(next?.offset).toBe(lastOffset + 1);
    }
  } finally {
    await store.close();
    rmSync(path, { recursive: true, force: true });
  }
}

function note(promised: Promised, text: string): void {
  const { acknowledged, trimming } = JSON.parse(text) as {
    readonly acknowledged?: readonly [string, number, string];
    readonly trimming?: readonly [string, number];
  };
  if (trimming !== undefined) promised.trimmed.set(...trimming);
  if (acknowledged === undefined) return;
  const [room, offset, payload] = acknowledged;
  const ofRoom = promised.acknowledged.get(room) ?? new Map<number, string>();
  promised.acknowledged.set(room, ofRoom.set(offset, payload));
}

/** Loses power at random moments of a trace. Resolves to how many images there were. */
async function losePower(records: readonly TraceRecord[], blockBytes: number): Promise<number> {
  const random = randomNumbers(seed + blockBytes);
  const opened = records.findIndex((each) => each.kind === "note" && each.text.includes("opened"));
  const moments = Array.from({ length: imageCount }, () => {
    return opened + random(records.length - opened);
  }).sort((a, b) => a - b);
  const disk = new Disk(blockBytes);
  const promised: Promised = { acknowledged: new Map(), trimmed: new Map() };
  let count = 0;
  for (const [index, record] of records.entries()) {
    disk.take(record);
    if (record.kind === "note") note(promised, record.text);
    for (; moments[count] === index; count += 1) await check(disk.image(random), promised);
  }
  return count;
}

describe.skipIf(process.platform !== "linux")(`when the power fails (seed ${seed})`, () => {
  test.each([
    ["pages", 4096],
    ["sectors", 512],
  ])(
    "what was acknowledged as on the disk is there, whatever else is, by %s",
    async (_, bytes) => {
      const count = await losePower(record("disk"), bytes);
      console.log(`power loss: ${count} images of ${bytes}-byte blocks, seed ${seed}`);
      expect(count).toBe(imageCount);
    },
    3_600_000,
  );

  test("this would find messages that are acknowledged before they are on the disk", async () => {
    await expect(losePower(record("process"), 4096)).rejects.toThrow(/^room \d/);
  }, 3_600_000);
});
