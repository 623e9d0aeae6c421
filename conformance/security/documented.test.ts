import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type ServerOptions, serverDefaults, WebSocketServer } from "@openline/websocket";
import { describe, expect, it } from "vitest";

const document = readFileSync(join(import.meta.dirname, "../../docs/security.md"), "utf8");

/** The cells of each row of the table behind `<!-- mark -->`. */
function tableOf(mark: string): string[][] {
  const [, table = ""] = document.split(`<!-- ${mark} -->`);
  const rows = table.trimStart().split("\n\n")[0]?.split("\n").slice(2) ?? [];
  return rows.map((row) =>
    row
      .split("|")
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}

/** Defaults by the names that the options have for users. */
const { heartbeatIntervalMs, heartbeatTimeoutMs, maxQueuedBytes, ...others } = serverDefaults;
const defaults = {
  ...others,
  maxConnections: null,
  "heartbeat.intervalMs": heartbeatIntervalMs,
  "heartbeat.timeoutMs": heartbeatTimeoutMs,
  "backpressure.maxBytes": maxQueuedBytes,
};

describe("the limits in docs/security.md", () => {
  const limits = tableOf("limits").map(([option = "", value = ""]) => ({
    option: option.replaceAll("`", ""),
    value: value === "none" ? null : Number(value.replaceAll(",", "")),
  }));

  it("are all that there are, with their defaults", () => {
    const documented = Object.fromEntries(limits.map(({ option, value }) => [option, value]));
    expect(documented).toEqual(defaults);
  });

  it.each(limits)("$option is the name of an option", ({ option }) => {
    const [outer = "", inner] = option.split(".");
    const options = { noServer: true, [outer]: inner === undefined ? -1 : { [inner]: -1 } };
    // A server that did not know the option would not look at its value.
    expect(() => new WebSocketServer(options as ServerOptions)).toThrow(`${option} takes a number`);
  });
});

describe("the rows in docs/security.md", () => {
  const rows = tableOf("rows").map(([row = "", names = "", , , tests = ""]) => ({
    row,
    names: names.split(", "),
    files: [...tests.matchAll(/\((?:\.\.\/)+conformance\/security\/(.+?)\)/g)].map(
      ([, file = ""]) => file,
    ),
  }));

  /** What the tests of a file say of a row: `F1 (CVE-2026-12151)`. */
  function toldBy(file: string, row: string): string {
    const source = readFileSync(join(import.meta.dirname, file), "utf8");
    return [...source.matchAll(new RegExp(`"${row} \\((.+?)\\)`, "g"))]
      .map(([told]) => told)
      .join();
  }

  it.each(rows)("$row has its tests, by its names, in the files that are named", (row) => {
    expect(row.files).not.toEqual([]);
    const told = row.files.map((file) => toldBy(file, row.row));
    expect(told).not.toContain("");
    for (const name of row.names) expect(told.join()).toContain(name);
  });

  it("are all that tests are named by", () => {
    const files = readdirSync(import.meta.dirname).filter((file) => file.endsWith(".test.ts"));
    const tested = files.flatMap((file) => {
      const source = readFileSync(join(import.meta.dirname, file), "utf8");
      const found = source.matchAll(/^(?:describe\(| {4}row: )"([HF]\d+) \(/gm);
      return [...found].map(([, row]) => `${row} ${file}`);
    });
    const documented = rows.flatMap(({ row, files: named }) =>
      named.map((file) => `${row} ${file}`),
    );
    expect(new Set(documented)).toEqual(new Set(tested));
  });
});
