import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";

const docs = join(import.meta.dirname, "../../docs");
const page = readFileSync(join(docs, "security.md"), "utf8");

/** The cells of each row of the table behind `<!-- mark -->`. */
function tableOf(mark: string): string[][] {
  const [, table = ""] = page.split(`<!-- ${mark} -->`);
  const rows = table.trimStart().split("\n\n")[0]?.split("\n").slice(2) ?? [];
  return rows.map((row) =>
    row
      .split("|")
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}

/** The links of a cell. */
function linksIn(cell: string): { title: string; path: string }[] {
  return [...cell.matchAll(/\[((?:[^\][]|\[[^\]]*\])+)\]\(([^)\s]+)\)/g)].map(
    ([, title = "", path = ""]) => ({ title, path }),
  );
}

describe("the rows of Socket.IO in docs/security.md", () => {
  const rows = tableOf("socket.io rows").map(([row = "", names = "", , , tests = ""]) => ({
    row: names === "" ? row : `${row} (${names})`,
    files: linksIn(tests).map(({ path }) => path.replace(/.*\//, "")),
  }));

  it.each(rows)("$row has its tests in the files that are named", ({ row, files }) => {
    expect(files).not.toEqual([]);
    for (const file of files) {
      expect(readFileSync(join(import.meta.dirname, file), "utf8")).toContain(`"${row}"`);
    }
  });

  it("are all that tests are named by", () => {
    const tested = readdirSync(import.meta.dirname)
      .filter((file) => file.endsWith(".test.ts"))
      .flatMap((file) => {
        const source = readFileSync(join(import.meta.dirname, file), "utf8");
        const found = source.matchAll(/\bresists\(\s*"([A-Z]\d+(?: \([^)]+\))?)"/g);
        return [...found].map(([, row]) => `${row} ${file}`);
      });
    const documented = rows.flatMap(({ row, files }) => files.map((file) => `${row} ${file}`));
    expect(new Set(documented)).toEqual(new Set(tested));
  });
});

describe.each(["authentication rows", "default rows"])("the %s in docs/security.md", (mark) => {
  const rows = tableOf(mark).map(([row = "", , tests = ""]) => ({ row, links: linksIn(tests) }));

  it("are counted without a hole", () => {
    expect(rows.length).toBeGreaterThan(10);
    const [letter = ""] = rows[0]?.row ?? "";
    expect(rows.map(({ row }) => row)).toEqual(rows.map((_, at) => `${letter}${at + 1}`));
  });

  it.each(rows)("$row has the tests that are named", ({ links }) => {
    expect(links).not.toEqual([]);
    for (const { title, path } of links) {
      const file = join(docs, path);
      expect(existsSync(file), path).toBe(true);
      expect(readFileSync(file, "utf8")).toContain(`"${title}"`);
    }
  });
});
