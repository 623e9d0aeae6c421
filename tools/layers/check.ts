import { builtinModules } from "node:module";
import { posix } from "node:path";
import type { Manifest } from "../workspaces.ts";
import { findCycles } from "./cycles.ts";
import type { LayerTable, PackageRules } from "./layers.ts";
import { readSource } from "./source.ts";

/**
 * The values that a pure package may use without declaring them: the language's own, without
 * those that read a clock (`Date`), roll dice (`Math.random`), reach for the host (`globalThis`)
 * or make code of strings (`eval`, `Function`).
 */
const pureGlobals = new Set(
  `undefined NaN Infinity isNaN isFinite parseInt parseFloat arguments
  Object Array String Number Boolean BigInt Symbol Math JSON Reflect Proxy RegExp Promise
  Map Set WeakMap WeakSet ArrayBuffer SharedArrayBuffer DataView
  Int8Array Uint8Array Uint8ClampedArray Int16Array Uint16Array Int32Array Uint32Array
  Float32Array Float64Array BigInt64Array BigUint64Array
  Error TypeError RangeError SyntaxError AggregateError`.split(/\s+/),
);

const builtins = new Set(builtinModules);

/**
 * Holds a source tree to the layer table.
 *
 * @param files every source file and every package's package.json: path from the root, with
 *   forward slashes, → text
 * @returns one sentence a violation; none when all is well
 */
export function checkLayers(files: ReadonlyMap<string, string>, table: LayerTable): string[] {
  return new LayerCheck(files, table).run();
}

class LayerCheck {
  readonly #files: ReadonlyMap<string, string>;
  readonly #table: LayerTable;
  readonly #violations: string[] = [];
  /** Package folder by npm name. */
  readonly #folders = new Map<string, string>();
  readonly #manifests = new Map<string, Manifest>();
  /** File → the files that it imports. */
  readonly #graph = new Map<string, string[]>();

  constructor(files: ReadonlyMap<string, string>, table: LayerTable) {
    this.#files = files;
    this.#table = table;
  }

  run(): string[] {
    for (const [path, text] of this.#files) {
      if (!/^packages\/[^/]+\/package\.json$/.test(path)) continue;
      const folder = posix.dirname(path);
      const manifest = JSON.parse(text) as Manifest;
      this.#folders.set(manifest.name, folder);
      this.#manifests.set(folder, manifest);
      this.#checkManifest(folder, manifest);
    }
    for (const [path, text] of this.#files) {
      if (isSource(path)) this.#checkFile(path, text);
    }
    for (const cycle of findCycles(this.#graph)) {
      this.#violations.push(`files import each other in a circle: ${cycle.join(" → ")}`);
    }
    return this.#violations;
  }

  #checkManifest(folder: string, manifest: Manifest): void {
    const rules = this.#table.packages[folder];
    if (!rules) {
      this.#violations.push(`${folder} is not in the layer table`);
      return;
    }
    const actual = [
      manifest.dependencies,
      manifest.optionalDependencies,
      manifest.peerDependencies,
    ].flatMap((group) => Object.keys(group ?? {}));
    for (const name of actual) {
      if (rules.dependencies.includes(name)) continue;
      this.#violations.push(`${folder}/package.json may not depend on ${name}`);
    }
  }

  #checkFile(path: string, text: string): void {
    const { imports, globals } = readSource(path, text);
    const targets: string[] = [];
    this.#graph.set(path, targets);
    for (const specifier of imports) {
      if (specifier.startsWith("#")) targets.push(...this.#checkPrivate(path, specifier));
      else {
        const target = specifier.startsWith(".")
          ? this.#checkRelative(path, specifier)
          : this.#checkBare(path, specifier);
        if (target !== undefined) targets.push(target);
      }
    }
    if (this.#rulesOf(path)?.isPure && !isTest(path)) {
      for (const name of globals) {
        if (pureGlobals.has(name)) continue;
        this.#violations.push(`${path} uses ${name}, which a pure package may not`);
      }
    }
  }

  /** @returns the file that the specifier leads to */
  #checkRelative(path: string, specifier: string): string | undefined {
    const target = posix.join(posix.dirname(path), specifier);
    if (!this.#files.has(target)) {
      this.#violations.push(`${path} imports ${specifier}, which does not exist`);
      return undefined;
    }
    const from = packageFolder(path);
    const to = packageFolder(target);
    if (to !== from && to !== undefined) {
      this.#violations.push(`${path} reaches into ${to} by ${specifier}: import its public name`);
    } else if (from !== undefined && to === undefined) {
      this.#violations.push(`${path} reaches out of ${from} by ${specifier}`);
    } else if (from !== undefined) {
      this.#checkLayer(path, target, from);
    } else {
      this.#checkOutside(path, target);
    }
    return target;
  }

  /** @returns every source file that a name of the package's own (`imports`) may lead to */
  #checkPrivate(path: string, specifier: string): string[] {
    const folder = packageFolder(path) ?? "";
    const sources = sourcesOf(this.#manifests.get(folder)?.imports?.[specifier]);
    if (sources.length === 0) {
      this.#violations.push(`${path} imports ${specifier}, which leads to no source`);
    }
    return sources.flatMap((source) => {
      const specifierOf = posix.relative(posix.dirname(path), posix.join(folder, source));
      return this.#checkRelative(path, specifierOf) ?? [];
    });
  }

  /** Both files are in one package. */
  #checkLayer(path: string, target: string, folder: string): void {
    const layers = this.#table.packages[folder]?.layers;
    if (!layers) return;
    const from = layerOf(path, folder, layers);
    const to = layerOf(target, folder, layers);
    if (from === to) return;
    // A test may put its layer together with the ones above; nothing is built upon a test.
    if (isTest(path)) return;
    const allowed = layers[from];
    if (!allowed) {
      this.#violations.push(`${path}: the layer ${from} of ${folder} is not in the layer table`);
    } else if (!allowed.includes(to)) {
      this.#violations.push(`${path} imports ${target}: ${from} may not import ${to}`);
    }
  }

  /** Both files are outside the packages. */
  #checkOutside(path: string, target: string): void {
    const from = topFolder(path);
    const to = topFolder(target);
    if (from === to) return;
    const allowed = this.#table.outside[from];
    if (!allowed) {
      this.#violations.push(`${path}: ${from} is not in the layer table`);
    } else if (!allowed.includes(to)) {
      this.#violations.push(`${path} imports ${target}: ${from} may not import ${to}`);
    }
  }

  /** @returns the source file that the specifier leads to, if it is in this repository */
  #checkBare(path: string, specifier: string): string | undefined {
    const name = packageName(specifier);
    const folder = packageFolder(path);
    const rules = this.#rulesOf(path);
    const isBuiltin = specifier.startsWith("node:") || builtins.has(name);
    const isOwn = folder !== undefined && this.#folders.get(name) === folder;

    if (rules && !isTest(path)) {
      if (isBuiltin && rules.isPure) {
        this.#violations.push(`${path} imports ${specifier}, which a pure package may not`);
      } else if (isOwn) {
        this.#violations.push(`${path} imports its own package by name: ${specifier}`);
      } else if (!isBuiltin && !rules.dependencies.includes(name)) {
        this.#violations.push(`${path} imports ${specifier}: ${folder} may not depend on ${name}`);
      }
    }
    return isBuiltin ? undefined : this.#checkPublic(path, specifier, name);
  }

  #checkPublic(path: string, specifier: string, name: string): string | undefined {
    const folder = this.#folders.get(name);
    if (folder === undefined) return undefined;
    const exported = this.#manifests.get(folder)?.exports?.[`.${specifier.slice(name.length)}`];
    if (exported === undefined) {
      this.#violations.push(`${path} imports ${specifier}, which ${name} does not export`);
      return undefined;
    }
    const source = (exported as Readonly<Record<string, unknown>>)["@openline/source"];
    return typeof source === "string" ? posix.join(folder, source) : undefined;
  }

  #rulesOf(path: string): PackageRules | undefined {
    const folder = packageFolder(path);
    return folder === undefined ? undefined : this.#table.packages[folder];
  }
}

/** What the condition `@openline/source` leads to, whichever other conditions stand around it. */
function sourcesOf(target: unknown, isChosen = false): string[] {
  if (typeof target === "string") return isChosen ? [target] : [];
  return Object.entries(target ?? {}).flatMap(([condition, each]) =>
    sourcesOf(each, isChosen || condition === "@openline/source"),
  );
}

function isSource(path: string): boolean {
  return /\.(ts|tsx|mts|cts|js|mjs|cjs)$/.test(path);
}

/** Tests, and what only tests import: not published, and so free to use the whole package. */
function isTest(path: string): boolean {
  return /\.(test|fixture)\.ts$/.test(path);
}

/** `packages/protocol` of `packages/protocol/src/bytes/mask.ts`. */
function packageFolder(path: string): string | undefined {
  return /^packages\/[^/]+/.exec(path)?.[0];
}

function topFolder(path: string): string {
  return path.split("/", 1)[0] ?? path;
}

/** `bytes` of `packages/protocol/src/bytes/mask.ts`; for a file in `src`, its name or `.`. */
function layerOf(path: string, folder: string, layers: PackageRules["layers"]): string {
  const inside = path.slice(`${folder}/src/`.length);
  if (inside.includes("/")) return topFolder(inside);
  const name = inside.replace(/(\.test|\.fixture)?\.ts$/, "");
  return Object.hasOwn(layers, name) ? name : ".";
}

/** `@openline/protocol` of `@openline/protocol/bytes`. */
function packageName(specifier: string): string {
  return specifier
    .split("/")
    .slice(0, specifier.startsWith("@") ? 2 : 1)
    .join("/");
}
