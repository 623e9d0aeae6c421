import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { root } from "../workspaces.ts";
import { checkLayers } from "./check.ts";
import { type LayerTable, layerTable } from "./layers.ts";
import { readTree } from "./tree.ts";

describe("the source tree", () => {
  const folders = ["packages", ...Object.keys(layerTable.outside)];
  const files = readTree(folders);

  test("keeps to the layer table", () => {
    expect(checkLayers(files, layerTable)).toEqual([]);
  });

  test("is really looked at", () => {
    expect(files.has("packages/protocol/package.json")).toBe(true);
    expect([...files.keys()]).toContain("tools/layers/check.ts");
  });

  test("has no folder with sources that the table leaves out", () => {
    const others = readdirSync(root, { withFileTypes: true })
      .filter((entry) => entry.isDirectory() && !entry.name.startsWith("."))
      .map((entry) => entry.name)
      .filter((name) => !folders.includes(name) && name !== "node_modules");
    expect([...readTree(others).keys()]).toEqual([]);
  });

  test("has every package that the table names", () => {
    for (const folder of Object.keys(layerTable.packages)) {
      expect(existsSync(join(root, folder, "package.json")), folder).toBe(true);
    }
  });
});

/** A small world with one pure package, one package upon it, and code outside. */
const table: LayerTable = {
  packages: {
    "packages/core": {
      dependencies: [],
      isPure: true,
      layers: { errors: [], bytes: ["errors"], frames: ["bytes", "errors"], packets: ["bytes"] },
    },
    "packages/shell": {
      dependencies: ["core"],
      isPure: false,
      layers: { io: [], ".": ["io"] },
    },
  },
  outside: { apps: [], bench: ["tools"], tools: [] },
};

const soundTree: Readonly<Record<string, string>> = {
  "packages/core/package.json": `{
    "name": "core",
    "exports": { "./bytes": { "@openline/source": "./src/bytes/index.ts" } }
  }`,
  "packages/core/src/errors.ts": "export class PeerError extends Error {}",
  "packages/core/src/bytes/index.ts": `
    import type { PeerError } from "../errors.ts";
    export const size = (bytes: Uint8Array, error?: PeerError) => (error ? 0 : bytes.length);`,
  "packages/core/src/frames/frame.ts": `
    import { size } from "../bytes/index.ts";
    // Math.random, process and "node:fs" in words are no violation.
    export const words = "Date.now() and setTimeout";
    export const twice = (bytes: Uint8Array) => 2 * size(bytes);
    export const keys = { process: 1, document: 2 }.process;
    export function masked(random: (bytes: Uint8Array) => void, process: number) {
      random(new Uint8Array(process));
    }`,
  "packages/core/src/seeds.fixture.ts": "export const seed = Date.now();",
  "packages/core/src/frames/frame.test.ts": `
    import { test } from "vitest";
    import "../seeds.fixture.ts";
    import "../packets/packet.ts";
    import { readFileSync } from "node:fs";
    test("now", () => readFileSync(String(Date.now())));`,
  "packages/core/src/packets/packet.ts": "export const packet = 1;",
  "packages/shell/package.json": `{
    "name": "shell",
    "dependencies": { "core": "1" },
    "exports": { ".": { "@openline/source": "./src/index.ts" } },
    "imports": {
      "#read": {
        "node": { "@openline/source": "./src/io/read.ts", "default": "./dist/io/read.js" },
        "default": { "@openline/source": "./src/io/fetch.ts" }
      },
      "#index": { "@openline/source": "./src/index.ts" }
    }
  }`,
  "packages/shell/src/index.ts": `
    import { createServer } from "node:http";
    import { size } from "core/bytes";
    import { read } from "#read";
    export const parts = [createServer, size, read, Date.now()];`,
  "packages/shell/src/io/fetch.ts": "export const read = () => 'a page';",
  "packages/shell/src/io/read.ts": "export const read = () => process.cwd();",
  "apps/demo/main.ts": 'import { parts } from "shell"; console.log(parts);',
  "bench/main.ts": 'import { tool } from "../tools/tool.ts"; import "ws"; tool();',
  "tools/tool.ts": "export const tool = () => {};",
};

function check(changes: Readonly<Record<string, string>>): string[] {
  return checkLayers(new Map(Object.entries({ ...soundTree, ...changes })), table);
}

describe("the check", () => {
  test("finds nothing in a sound tree", () => {
    expect(check({})).toEqual([]);
  });

  test.each<[string, string, string, string]>([
    [
      "a layer that imports its sibling",
      "packages/core/src/packets/packet.ts",
      'import "../frames/frame.ts";',
      "packets may not import frames",
    ],
    [
      "a child that imports its parent",
      "packages/core/src/errors.ts",
      'import { size } from "./bytes/index.ts"; export class PeerError {} size(new Uint8Array());',
      "errors may not import bytes",
    ],
    [
      "a forbidden import of a type only",
      "packages/core/src/packets/packet.ts",
      'import type { twice } from "../frames/frame.ts"; export type T = typeof twice;',
      "packets may not import frames",
    ],
    [
      "a forbidden import inside a type",
      "packages/core/src/packets/packet.ts",
      'export type T = typeof import("../frames/frame.ts").twice;',
      "packets may not import frames",
    ],
    [
      "a forbidden dynamic import",
      "packages/core/src/packets/packet.ts",
      'export const later = () => import("../frames/frame.ts");',
      "packets may not import frames",
    ],
    [
      "a forbidden re-export",
      "packages/core/src/packets/packet.ts",
      'export * from "../frames/frame.ts";',
      "packets may not import frames",
    ],
    [
      "a fixture used by what is no test",
      "packages/core/src/packets/packet.ts",
      'import "../seeds.fixture.ts";',
      "packets may not import .",
    ],
    [
      "a layer that nobody has written down",
      "packages/core/src/rooms/room.ts",
      'import "../errors.ts";',
      "the layer rooms of packages/core is not in the layer table",
    ],
    [
      "a Node builtin in a pure package",
      "packages/core/src/bytes/more.ts",
      'import { Buffer } from "node:buffer"; export const b = Buffer;',
      "imports node:buffer, which a pure package may not",
    ],
    [
      "a Node builtin without its prefix in a pure package",
      "packages/core/src/bytes/more.ts",
      'export const b = require("fs/promises");',
      "imports fs/promises, which a pure package may not",
    ],
    ...[
      ["process", "export const here = process.cwd();"],
      ["Buffer", "export const bytes = Buffer.alloc(1);"],
      ["setTimeout", "export const later = (f: () => void) => setTimeout(f, 1);"],
      ["Date", "export const now = () => Date.now();"],
      ["Math.random", "export const die = () => Math.random();"],
      ["Math.random", 'export const die = Math["random"];'],
      ["crypto", `export const id = \`\${crypto.randomUUID()}\`;`],
      ["document", "export const page = { document };"],
      ["globalThis", "export const host = globalThis;"],
      ["TextDecoder", "export class Text { decoder = new TextDecoder(); }"],
      ["performance", "export const now = (at = performance.now()) => at;"],
      ["console", "export const log = (x: unknown) => (console as never as Console).log(x);"],
    ].map(([name, text]): [string, string, string, string] => [
      `${name} in a pure package: ${text}`,
      "packages/core/src/bytes/more.ts",
      text ?? "",
      `uses ${name}, which a pure package may not`,
    ]),
    [
      "a package used without being a dependency",
      "packages/shell/src/io/read.ts",
      'import ws from "ws"; export const read = ws;',
      "packages/shell may not depend on ws",
    ],
    [
      "a dependency that the table does not grant",
      "packages/core/package.json",
      '{ "name": "core", "exports": { "./bytes": {} }, "dependencies": { "left-pad": "1" } }',
      "packages/core/package.json may not depend on left-pad",
    ],
    [
      "a package in its own imports",
      "packages/shell/src/io/read.ts",
      'import "shell"; export const read = 1;',
      "imports its own package by name",
    ],
    [
      "a child that imports its parent by a name of the package's own",
      "packages/shell/src/io/fetch.ts",
      'import "#index"; export const read = 1;',
      "packages/shell/src/io/fetch.ts imports packages/shell/src/index.ts: io may not import .",
    ],
    [
      "files that import each other by such a name",
      "packages/shell/src/io/fetch.ts",
      'import "#read"; export const read = 1;',
      "files import each other in a circle: packages/shell/src/io/fetch.ts",
    ],
    [
      "such a name that leads nowhere",
      "packages/shell/src/io/fetch.ts",
      'import "#gone"; export const read = 1;',
      "imports #gone, which leads to no source",
    ],
    [
      "a package that is not in the table",
      "packages/extra/package.json",
      '{ "name": "extra" }',
      "packages/extra is not in the layer table",
    ],
    [
      "an app that reaches into a package",
      "apps/demo/main.ts",
      'import "../../packages/shell/src/io/read.ts";',
      "reaches into packages/shell",
    ],
    [
      "an app that uses what a package does not export",
      "apps/demo/main.ts",
      'import "shell/io/read";',
      "imports shell/io/read, which shell does not export",
    ],
    [
      "a package that reaches into another",
      "packages/shell/src/index.ts",
      'import "../../core/src/errors.ts";',
      "reaches into packages/core",
    ],
    [
      "a package that reaches out",
      "packages/shell/src/io/read.ts",
      'import { tool } from "../../../../tools/tool.ts"; export const read = tool;',
      "reaches out of packages/shell",
    ],
    [
      "an outside folder that imports another without leave",
      "tools/tool.ts",
      'import "../apps/demo/main.ts"; export const tool = () => {};',
      "tools may not import apps",
    ],
    [
      "an import that leads nowhere",
      "tools/tool.ts",
      'import "./gone.ts"; export const tool = () => {};',
      "imports ./gone.ts, which does not exist",
    ],
    [
      "files that import each other",
      "packages/shell/src/io/read.ts",
      'import "./write.ts"; export const read = 1;',
      "packages/shell/src/io/read.ts → packages/shell/src/io/write.ts → packages/shell/src/io/read.ts",
    ],
    [
      "files that import each other's types",
      "packages/shell/src/io/read.ts",
      'import type { W } from "./write.ts"; export const read = {} as W;',
      "packages/shell/src/io/read.ts → packages/shell/src/io/write.ts → packages/shell/src/io/read.ts",
    ],
  ])("refuses %s", (_, path, text, violation) => {
    const write = 'import type { read } from "./read.ts"; export type W = typeof read;';
    const needsWrite = text.includes("./write.ts");
    const changes = {
      [path]: text,
      ...(needsWrite && { "packages/shell/src/io/write.ts": write }),
    };
    expect(check(changes)).toContainEqual(expect.stringContaining(violation));
  });
});
