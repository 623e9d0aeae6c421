import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { root } from "../paths.ts";
import { withResults } from "./results.ts";

const document = readFileSync(join(root, "docs", "performance.md"), "utf8");

test.each(["websocket", "socket.io"] as const)(
  "new tables of %s replace the old ones in docs/performance.md, and nothing else",
  (level) => {
    const first = withResults(document, level, "first tables");
    const second = withResults(first, level, "second tables");
    expect(first).toContain("first tables");
    expect(second).toContain("second tables");
    expect(second).not.toContain("first tables");
    expect(second.length - "second tables".length).toBe(first.length - "first tables".length);
  },
);

test("a document without marks stays as it is", () => {
  expect(withResults("no marks here", "websocket", "tables")).toBe("no marks here");
});
