import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { isUpToDate } from "./ensure.ts";

let folder: string;
let built: string;
let source: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "openline-ensure-"));
  built = join(folder, "built.js");
  source = join(folder, "src/deep/source.ts");
  mkdirSync(join(folder, "src/deep"), { recursive: true });
  for (const path of [built, source]) writeFileSync(path, "");
  for (const path of ["src/deep/source.ts", "src/deep", "src"]) at(join(folder, path), 100);
  at(built, 200);
});

afterEach(() => rmSync(folder, { recursive: true }));

function at(path: string, seconds: number): void {
  utimesSync(path, seconds, seconds);
}

const check = (): boolean => isUpToDate([built], [join(folder, "src")]);

describe("what was built is up to date", () => {
  test("if it is newer than its sources", () => expect(check()).toBe(true));

  test("not if a source is newer", () => {
    at(source, 300);
    expect(check()).toBe(false);
  });

  test("not if a source is gone", () => {
    rmSync(source);
    expect(check()).toBe(false);
  });

  test("not if it is not there", () => {
    expect(isUpToDate([built, join(folder, "other.js")], [join(folder, "src")])).toBe(false);
  });
});
