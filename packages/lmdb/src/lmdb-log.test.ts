import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { logContract } from "openline/testing";
import { afterEach, describe, test } from "vitest";
import { lmdbLog } from "./lmdb-store.ts";

const folders: string[] = [];

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "openline-lmdb-"));
  folders.push(folder);
  return folder;
}

afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

describe("a log on LMDB", () => {
  test.each(logContract)("$name", ({ run }) => {
    const path = newFolder();
    return run(async () => lmdbLog({ path }));
  });
});
