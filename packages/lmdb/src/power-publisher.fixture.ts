/**
 * Publishes to a log for a while, beneath the recorder of power-recorder.fixture.c, and notes in the
 * file `notes` what was promised, each as one line of JSON:
 *
 *     { "opened": true }                            there is a log from now on
 *     { "acknowledged": [room, offset, payload] }   it is on the disk now
 *     { "trimming": [room, offset] }                up to this offset they may be gone from now on
 *
 * Arguments: the log's folder, the folder of the notes, a seed, how many batches, and with which
 * durability to append what is then noted as being on the disk.
 */
import { closeSync, openSync, writeSync } from "node:fs";
import { join } from "node:path";
import type { Durability, Log } from "openline";
import { lmdbLog } from "./lmdb-store.ts";
import { message } from "./message.fixture.ts";
import { randomNumbers } from "./random.fixture.ts";

const [path = "", notesFolder = "", seed = "", batches = "", durability = "disk"] =
  process.argv.slice(2);
const random = randomNumbers(Number(seed));
const notes = openSync(join(notesFolder, "notes"), "w");
const noteDown = (note: unknown): void => {
  writeSync(notes, `${JSON.stringify(note)}\n`);
};

/** One of the publishers that share the log. */
async function publish(log: Log, name: string): Promise<void> {
  for (let batch = 0; batch < Number(batches); batch += 1) {
    const entries = Array.from({ length: 1 + random(30) }, (_, index) =>
      message(`${name} ${batch} ${index} ${"x".repeat(random(10) === 0 ? random(9000) : 100)}`, {
        room: `room ${random(6)}`,
        id: random(2) === 0 ? `${name} ${batch} ${index}` : null,
        timeMs: batch * 7_200_000,
      }),
    );
    const appended = await log.append(entries, durability as Durability);
    for (const [index, { room, payload }] of entries.entries()) {
      const text = Buffer.from(payload).toString();
      noteDown({ acknowledged: [room, appended[index]?.offset, text] });
    }
    if (random(8) === 0) await trim(log, `room ${random(6)}`);
    if (random(8) === 0) {
      await log.sessions.put(`session ${random(20)}`, Buffer.alloc(random(3000)), batch, "process");
    }
  }
}

async function trim(log: Log, room: string): Promise<void> {
  const { lastOffset } = await log.describe(room);
  noteDown({ trimming: [room, lastOffset] });
  await log.trim(room, { maxMessages: 40 }, 0, 50);
}

const store = lmdbLog({ path });
const log = await store.open("/");
noteDown({ opened: true });
await Promise.all(["a", "b", "c", "d", "e"].map((name) => publish(log, name)));
await store.close();
closeSync(notes);
