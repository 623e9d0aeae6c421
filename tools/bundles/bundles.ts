import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { build, type Plugin, type Rolldown } from "vite";
import { root } from "../workspaces.ts";

/** A file that pages load, under the name by which Socket.IO's servers have it. */
export interface BundlePlan {
  readonly name: string;
  readonly entry: string;
  readonly format: "umd" | "es";
  readonly isMinified: boolean;
  /** Packets are MessagePack, not JSON. */
  readonly isMsgpack: boolean;
}

const global = { entry: "global.ts", format: "umd", isMinified: true, isMsgpack: false } as const;

export const bundlePlans: readonly BundlePlan[] = [
  { ...global, name: "socket.io.js", isMinified: false },
  { ...global, name: "socket.io.min.js" },
  { ...global, name: "socket.io.msgpack.min.js", isMsgpack: true },
  { ...global, name: "socket.io.esm.min.js", entry: "module.ts", format: "es" },
];

const clientFolder: string = join(root, "packages/client");

/** Where the bundles are, beside the client's built modules. */
export const bundlesFolder: string = join(clientFolder, "dist/bundles");

/** Everything that bundles are made of, this file among it. */
export const bundleSources: readonly string[] = [
  join(clientFolder, "src"),
  join(clientFolder, "package.json"),
  join(root, "packages/protocol/src"),
  import.meta.dirname,
];

/** Builds all bundles from source, with their source maps. */
export async function buildBundles(folder: string = bundlesFolder): Promise<void> {
  mkdirSync(folder, { recursive: true });
  for (const plan of bundlePlans) {
    const { code, map } = await bundle(plan);
    // The map first: who finds a bundle finds what it names.
    write(join(folder, `${plan.name}.map`), JSON.stringify(map));
    write(join(folder, plan.name), code);
  }
}

/** In one step, as a server or a test may be reading the file that was there. */
function write(path: string, text: string): void {
  const unfinished = `${path}.${process.pid}`;
  writeFileSync(unfinished, text);
  renameSync(unfinished, path);
}

async function bundle(plan: BundlePlan): Promise<{ code: string; map: object }> {
  const { name, entry, format, isMinified, isMsgpack } = plan;
  const built = await build({
    root: import.meta.dirname,
    configFile: false,
    logLevel: "warn",
    plugins: isMsgpack ? [msgpackInsteadOfJson] : [],
    resolve: { conditions: ["@openline/source", "browser", "module"] },
    build: {
      write: false,
      // Source maps lead from there to the published sources.
      outDir: bundlesFolder,
      modulePreload: false,
      // Private fields and all else as they are written: browsers since 2022 have them.
      target: "es2022",
      minify: isMinified && "oxc",
      sourcemap: true,
      rolldownOptions: {
        input: join(import.meta.dirname, "entries", entry),
        preserveEntrySignatures: "strict",
        output: {
          format,
          entryFileNames: name,
          postBanner: `/*! @openline/client ${readVersion()}, MIT License */`,
          ...(format === "umd" && { name: "io", exports: "default", intro: '"use strict";' }),
        },
      },
    },
  });
  const { output } = built as Rolldown.RolldownOutput; // one, since there is one format
  const [{ code, map }] = output;
  if (map === null) throw new Error(`${name} has no source map`);
  return { code, map };
}

/** Stock does the same: this bundle speaks nothing but MessagePack, and so needs no JSON. */
const msgpackInsteadOfJson: Plugin = {
  name: "msgpack-instead-of-json",
  enforce: "pre",
  resolveId: (source) =>
    source === "./parser.ts" ? join(clientFolder, "src/msgpack-parser.ts") : null,
};

function readVersion(): string {
  const manifest = readFileSync(join(clientFolder, "package.json"), "utf8");
  return (JSON.parse(manifest) as { version: string }).version;
}
