import { logContract } from "openline/testing";
import { describe, test } from "vitest";
import { newFolder } from "./lmdb-folder.fixture.ts";
import { lmdbLog } from "./lmdb-store.ts";

describe("a log on LMDB", () => {
  test.each(logContract)("$name", ({ run }) => {
    const path = newFolder();
    return run(async () => lmdbLog({ path }));
  });
});
