import { readFileSync } from "node:fs";
import { faults } from "@openline/protocol/errors";
import { serverDefaults } from "@openline/websocket";
import { describe, expect, test } from "vitest";

const read = (path: string): string =>
  readFileSync(new URL(`../../${path}`, import.meta.url), "utf8");
const reference = read("docs/websocket-api.md");

/** The rows of the table under a heading of the reference, with their cells. */
function rowsUnder(heading: string): string[][] {
  const section = reference.split(/^#+ /m).find((each) => each.startsWith(`${heading}\n`)) ?? "";
  return section
    .split("\n")
    .filter((line) => line.startsWith("| `"))
    .map((line) => line.split(" | ").map((cell) => cell.replace(/^\| | \|$/g, "")));
}

/** The names of all members of an interface, as its source has them. */
function membersOf(path: string, name: string): string[] {
  const source = read(path);
  const start = source.search(new RegExp(`export interface ${name}[<\\s]`));
  // The body begins after the type parameters, and ends at the first brace in column one.
  const body = source.slice(source.indexOf("{\n", start), source.indexOf("\n}", start));
  return [...body.matchAll(/^ {2}(?:readonly )?(\w+)\??[:(]/gm)].map((match) => String(match[1]));
}

const namesIn = (rows: string[][]): string[] =>
  rows.flatMap(([first]) =>
    [...String(first).matchAll(/`(\w+)`/g)].map((match) => String(match[1])),
  );

describe("docs/websocket-api.md", () => {
  test("lists every option of a server, and no other", () => {
    const members = membersOf("packages/websocket/src/server-options.ts", "ServerOptions");
    expect(members.length).toBeGreaterThan(20);
    expect(namesIn(rowsUnder("Options")).toSorted()).toEqual(members.toSorted());
  });

  test("lists every option of a client", () => {
    const members = membersOf("packages/websocket/src/client/options.ts", "ClientOptions");
    expect(members.length).toBeGreaterThan(15);
    expect(namesIn(rowsUnder("Client options"))).toEqual(expect.arrayContaining(members));
  });

  test("lists every option of permessage-deflate", () => {
    const members = membersOf(
      "packages/websocket/src/deflate/options.ts",
      "PerMessageDeflateOptions",
    );
    expect(namesIn(rowsUnder("permessage-deflate")).toSorted()).toEqual(members.toSorted());
  });

  test("has the defaults of a server", () => {
    const shown = Object.fromEntries(
      rowsUnder("Options").map(([name, value]) => [String(name).match(/\w+/)?.[0], value]),
    );
    const { heartbeatIntervalMs, heartbeatTimeoutMs, maxQueuedBytes, ...limits } = serverDefaults;
    for (const [name, value] of Object.entries(limits)) {
      expect([name, shown[name]]).toEqual([name, value.toLocaleString("en-US")]);
    }
    const digits = (text: string | undefined) =>
      [...String(text).replaceAll("_", "").matchAll(/\d+/g)].map(Number);
    expect(digits(shown.heartbeat)).toEqual([heartbeatIntervalMs, heartbeatTimeoutMs]);
    expect(digits(shown.backpressure)).toEqual([maxQueuedBytes]);
  });

  test("lists every fault of a peer with its close code", () => {
    const shown = Object.fromEntries(
      rowsUnder("Errors").map(([code, closeCode]) => [code, closeCode]),
    );
    for (const [fault, { closeCode }] of Object.entries(faults)) {
      const cell = Object.entries(shown).find(([code]) =>
        code.includes(`\`WS_ERR_${fault}\``),
      )?.[1];
      // A peer that does not read is not told: see the table.
      const expected =
        fault === "TOO_MANY_PENDING_PONGS" ? "none, it is cut off" : String(closeCode);
      expect([fault, cell]).toEqual([fault, expected]);
    }
  });
});
