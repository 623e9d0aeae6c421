import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { SourceMap, type SourceMapPayload } from "node:module";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { createContext, runInContext } from "node:vm";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { root } from "../workspaces.ts";
import { buildBundles, bundlePlans, bundlesFolder } from "./bundles.ts";

let folder: string;
const read = (name: string): string => readFileSync(join(folder, name), "utf8");

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "openline-bundles-"));
  await buildBundles(folder);
});

afterAll(() => rmSync(folder, { recursive: true }));

const names = bundlePlans.map(({ name }) => name);
const globals = bundlePlans.filter(({ format }) => format === "umd").map(({ name }) => name);

/** Runs a classic script; `around` are the globals that it finds. */
function run(name: string, around: object = {}): Record<string, unknown> {
  const context = createContext({ ...around });
  runInContext(read(name), context);
  return context as Record<string, unknown>;
}

interface Io {
  (url: string, options: object): { readonly io: unknown; readonly connected: boolean };
  readonly Manager: new () => object;
}

/** That it makes a socket, and has on it what stock's has. */
function expectToBeIo(io: unknown): void {
  expect(Object.keys(io as object).sort()).toEqual(["Manager", "Socket", "connect", "io"]);
  const socket = (io as Io)("http://localhost", { autoConnect: false });
  expect(socket.connected).toBe(false);
  expect(socket.io).toBeInstanceOf((io as Io).Manager);
}

test("there is each bundle with its map, and nothing else", () => {
  expect(readdirSync(folder).sort()).toEqual(names.flatMap((each) => [each, `${each}.map`]).sort());
});

test("the same sources make the same bytes, or tags would tell of changes that are none", async () => {
  const before = names.map(read);
  await buildBundles(folder);
  expect(names.map(read)).toEqual(before);
});

describe.each(globals)("%s", (name) => {
  test("is the global io for a script tag", () => expectToBeIo(run(name).io));

  test("is a module for CommonJS", () => {
    const module = { exports: {} };
    const context = run(name, { module, exports: module.exports });
    expectToBeIo(module.exports);
    expect(context.io).toBeUndefined();
  });

  test("is a module for AMD", () => {
    const defined: (() => unknown)[] = [];
    const define = (_needs: unknown, factory: () => unknown): void => void defined.push(factory);
    const context = run(name, { define: Object.assign(define, { amd: {} }) });
    expectToBeIo(defined[0]?.());
    expect(context.io).toBeUndefined();
  });
});

test("socket.io.esm.min.js has the names of @openline/client", async () => {
  const file = pathToFileURL(join(folder, "socket.io.esm.min.js")).href;
  const bundle = (await import(/* @vite-ignore */ file)) as Record<string, unknown>;
  const client = (await import("@openline/client")) as Record<string, unknown>;
  const expected = Object.keys(client).filter((name) => name !== "module.exports");
  expect(Object.keys(bundle).sort()).toEqual(expected.sort());
  expectToBeIo(bundle.io);
});

// In the other one comments may speak of it.
test.each(names.filter((name) => name.includes(".min.")))("%s has nothing of Node", (name) => {
  expect(read(name)).not.toMatch(
    /nodebuffer|@openline\/websocket|set-cookie|require\(|["`']node:/i,
  );
});

describe.each(names)("%s", (name) => {
  test("says what it is, and where its map is", () => {
    expect(read(name)).toMatch(/^\/\*! @openline\/client \d+\.\d+\.\d+, MIT License \*\/\n/);
    expect(read(name).trimEnd()).toMatch(new RegExp(`\n//# sourceMappingURL=${name}\\.map$`));
  });

  test("writes packets in one way", () => {
    const isMsgpack = name.includes("msgpack");
    expect(read(name).includes("_placeholder")).toBe(!isMsgpack);
    expect(read(name).includes("MessagePack")).toBe(isMsgpack);
  });

  test("has a map that leads to the sources", () => {
    const payload = JSON.parse(read(`${name}.map`)) as SourceMapPayload;
    payload.sources.forEach((source, index) => {
      const path = resolve(bundlesFolder, source);
      expect(payload.sourcesContent[index], source).toBe(readFileSync(path, "utf8"));
    });
    const lines = read(name).split("\n");
    const line = lines.findIndex((each) => each.includes("reconnect_failed"));
    const column = lines[line]?.indexOf("reconnect_failed") ?? -1;
    const entry = new SourceMap(payload).findEntry(line, column - 1);
    expect(entry).toMatchObject({ originalSource: "../../src/manager.ts" });
    const index = payload.sources.indexOf("../../src/manager.ts");
    const source = payload.sourcesContent[index]?.split("\n") ?? [];
    expect(source["originalLine" in entry ? entry.originalLine : -1]).toContain("reconnect_failed");
  });

  test("is as large as the client's README says", () => {
    const readme = readFileSync(join(root, "packages/client/README.md"), "utf8");
    const row = new RegExp(`\\| \`${name}\` \\|.* less than ([\\d,]+) \\|`).exec(readme);
    const limitBytes = Number(row?.[1]?.replace(",", ""));
    const bytes = gzipSync(read(name), { level: 9 }).length;
    expect(bytes).toBeLessThan(limitBytes);
    expect(bytes, "it has become smaller: the README may say so").toBeGreaterThan(limitBytes - 500);
  });
});
