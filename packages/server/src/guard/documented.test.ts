import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { type Code, type CodeMeaning, codes, codesByTopic } from "./codes.ts";
import { type Limit, limits } from "./limits.ts";

const root = new URL("../../../../", import.meta.url);
const read = (path: string): string => readFileSync(new URL(path, root), "utf8");

/** The rows of the table that follows `<!-- name -->`, without its head. */
function rowsOf(document: string, name: string): string[] {
  const [, rest] = document.split(`<!-- ${name} -->`);
  const lines = (rest ?? "").trimStart().split("\n");
  const end = lines.findIndex((line) => !line.startsWith("|"));
  return lines.slice(2, end);
}

function codeRow([code, { status, closeCode, again, message }]: [string, CodeMeaning]): string {
  return `| \`${code}\` | ${status ?? ""} | ${closeCode ?? ""} | ${again} | ${message} |`;
}

function limitRow([name, { unit, default: standard, code, reason }]: [string, Limit]): string {
  return `| \`${name}\` | ${shown(standard)} | ${unit} | \`${code}\` | ${reason} |`;
}

function shown(standard: Limit["default"]): string {
  if (typeof standard !== "number") {
    if (standard.perSecond === Number.POSITIVE_INFINITY) return "none";
    return `${shown(standard.perSecond)}, ${shown(standard.burst)} at once`;
  }
  return standard === Number.POSITIVE_INFINITY ? "none" : standard.toLocaleString("en");
}

describe("docs/errors.md", () => {
  const page = read("docs/errors.md");

  it.each(Object.entries(codesByTopic))("says of %s what the table says", (topic, meanings) => {
    expect(rowsOf(page, topic)).toEqual(Object.entries(meanings).map(codeRow));
  });
});

describe("docs/limits.md", () => {
  it("says what the table says", () => {
    expect(rowsOf(read("docs/limits.md"), "limits")).toEqual(Object.entries(limits).map(limitRow));
  });
});

describe("the table of codes", () => {
  const sources = ["protocol", "websocket", "server", "lmdb"].flatMap((name) => {
    const folder = `packages/${name}/src/`;
    return readdirSync(new URL(folder, root), { recursive: true, encoding: "utf8" })
      .filter((path) => path.endsWith(".ts") && !/\.(?:test|fixture)\.ts$/.test(path))
      .map((path) => `${folder}${path}`);
  });

  it("has every code that any source tells", () => {
    expect(sources.length).toBeGreaterThan(100);
    for (const path of sources) {
      for (const [, code = ""] of read(path).matchAll(/"(OPENLINE_[A-Z_]*[A-Z])"/g)) {
        expect(Object.hasOwn(codes, code), `${code} of ${path}`).toBe(true);
      }
    }
  });

  it("has each code once", () => {
    const all = Object.values(codesByTopic).flatMap((meanings) => Object.keys(meanings));
    expect(all.length).toBe(Object.keys(codes).length);
  });

  it("has sentences without a full stop, statuses of errors, and close codes that may be sent", () => {
    for (const [code, { status, closeCode, message }] of Object.entries(codes)) {
      expect(message, code).toMatch(/^[A-Z].*[^.]$/);
      if (status !== null) expect(status, code).toBeGreaterThanOrEqual(400);
      if (closeCode !== null) expect([1001, 1008, 1009, 1011, 1013], code).toContain(closeCode);
    }
  });

  it("tells with 1013 alone to come back as one is", () => {
    const comeBack = Object.entries<CodeMeaning>(codes).filter(
      ([, { closeCode }]) => closeCode === 1013,
    );
    expect(comeBack.length).toBeGreaterThan(3);
    for (const [code, { again }] of comeBack) expect(again, code).toBe("later");
  });
});

describe("the table of limits", () => {
  it("has a code and a reason for each", () => {
    for (const [name, { code, reason }] of Object.entries(limits)) {
      expect(Object.hasOwn(codes, code satisfies Code), name).toBe(true);
      expect(reason.length, name).toBeGreaterThan(20);
    }
  });
});
