import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import { newFolder, startWriter, type WriterProcess } from "./lmdb-folder.fixture.ts";
import { lmdbLog } from "./lmdb-store.ts";

/** A folder with a log, and a disk below it that can be told to break. */
interface BreakableLog {
  readonly path: string;
  readonly writer: WriterProcess;
  /** @param how see broken-disk.fixture.c; null: it works again */
  breakDisk(how: string | null): void;
  /** Sends a command and gives its answer. */
  ask(command: string): Promise<string | null>;
}

async function startOnBreakableDisk(): Promise<BreakableLog> {
  const tools = newFolder();
  const library = join(tools, "broken-disk.so");
  const source = join(import.meta.dirname, "broken-disk.fixture.c");
  execFileSync("gcc", ["-shared", "-fPIC", "-O1", "-o", library, source, "-ldl"]);
  const path = newFolder();
  const state = join(tools, "state");
  const writer = startWriter(path, { LD_PRELOAD: library, BROKEN_DISK: state });
  expect(await writer.line()).toMatch(/^open /);
  return {
    path,
    writer,
    breakDisk(how) {
      if (how === null) return rmSync(state);
      // Appears as a whole: an empty file would say that all is well.
      writeFileSync(`${state}.next`, how);
      renameSync(`${state}.next`, state);
    },
    ask(command) {
      writer.send(command);
      return writer.line();
    },
  };
}

/** What a log holds when it is opened by another process, once the first is dead. */
async function survivors({ path, writer }: BreakableLog): Promise<string[]> {
  const exit = once(writer.child, "exit");
  writer.child.kill("SIGKILL");
  await exit;
  const store = lmdbLog({ path });
  const found = await (await store.open("/")).read("room", { limit: 1000 });
  await store.close();
  return found.map(({ payload }) => String(payload));
}

describe.skipIf(process.platform !== "linux")("on a disk that fails", () => {
  let log: BreakableLog;

  beforeEach(async () => {
    log = await startOnBreakableDisk();
    expect(await log.ask("append disk one")).toBe("ok 1 false");
  });

  test("a full disk refuses, is read on, and takes more when there is room", async () => {
    log.breakDisk("full");
    expect(await log.ask("append disk two")).toBe("OPENLINE_LOG_FULL");
    expect(await log.ask("append process three another-room")).toBe("OPENLINE_LOG_FULL");
    expect(await log.ask("read room")).toBe("ok one");
    log.breakDisk(null);
    expect(await log.ask("append disk four")).toBe("ok 2 false");
    expect(await log.ask("append disk five another-room")).toBe("ok 1 false");
    expect(await log.ask("read room")).toBe("ok one,four");
    expect(await survivors(log)).toEqual(["one", "four"]);
  });

  test("a failed write ends it: what waits is refused, and nothing more is taken", async () => {
    log.breakDisk("write");
    log.writer.send("append process two");
    log.writer.send("append disk three");
    const answers = [await log.writer.line(), await log.writer.line(), await log.writer.line()];
    const failed = "OPENLINE_LOG_FAILED";
    expect(answers.sort()).toEqual([failed, failed, `failure ${failed}`]);
    log.breakDisk(null);
    expect(await log.ask("append process four")).toBe(failed);
    expect(await log.ask("read room")).toBe("ok one");
    expect(await survivors(log)).toEqual(["one"]);
  });

  test("a failed flush ends it, and what it could have lost was not acknowledged", async () => {
    log.breakDisk("sync");
    log.writer.send("append disk two");
    const answers = [await log.writer.line(), await log.writer.line()];
    expect(answers.sort()).toEqual(["OPENLINE_LOG_FAILED", "failure OPENLINE_LOG_FAILED"]);
    log.breakDisk(null);
    expect(await log.ask("append disk three")).toBe("OPENLINE_LOG_FAILED");
    // Not shown: it may not be on the disk. Nor is it there again when the log is opened.
    expect(await log.ask("read room")).toBe("ok one");
    expect(await survivors(log)).toEqual(["one"]);
  });

  test("closing does not hang after a failure", async () => {
    log.breakDisk("sync");
    log.writer.send("append disk two");
    await Promise.all([log.writer.line(), log.writer.line()]);
    expect(await log.ask("close")).toBe("ok");
    expect(await log.writer.line()).toBe(null);
  });

  test("`process` is acknowledged before the flush, and `disk` after it", async () => {
    log.breakDisk("hold");
    expect(await log.ask("append process two")).toBe("ok 2 false");
    log.writer.send("append disk three");
    // Goes into the same batch as `three`: when it is answered, that is committed.
    expect(await log.ask("session")).toBe("ok");
    expect(await log.ask("read room")).toBe("ok one,two");
    log.breakDisk(null);
    expect(await log.writer.line()).toBe("ok 3 false");
    expect(await log.ask("read room")).toBe("ok one,two,three");
  });

  test("what is acknowledged stays in order, whatever it waits for", async () => {
    log.breakDisk("hold");
    log.writer.send("append disk two");
    log.writer.send("append process three");
    expect(await log.ask("session")).toBe("ok");
    log.breakDisk(null);
    expect(await log.writer.line()).toBe("ok 2 false");
    expect(await log.writer.line()).toBe("ok 3 false");
  });

  test("everything that waits for a flush is refused when it fails", async () => {
    log.breakDisk("hold");
    for (const payload of ["two", "three"]) log.writer.send(`append disk ${payload}`);
    expect(await log.ask("session")).toBe("ok");
    log.writer.send("append process four");
    log.breakDisk("sync");
    const answers = [];
    for (let count = 0; count < 4; count += 1) answers.push(await log.writer.line());
    const failed = "OPENLINE_LOG_FAILED";
    expect(answers.sort()).toEqual([failed, failed, failed, `failure ${failed}`]);
  });
});
