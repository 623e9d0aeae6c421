/** Who is measured, how it is started, and how it is called in tables. */
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { compile } from "./compile.ts";
import { benchFolder, cacheFolder, root } from "./paths.ts";
import { writeKeys } from "./payloads.ts";
import type { ContenderName } from "./scenarios.ts";

export interface Contender {
  readonly name: ContenderName;
  /** With the version, or with what it stands for. */
  readonly label: string;
  /** Returns the program and its arguments, without pinning. */
  command(options: { exposesGc: boolean; deflate: boolean }): string[];
}

type NodeContenderName = Exclude<ContenderName, "bun" | "floor">;

/** In the order of the tables. */
export const contenderNames: readonly ContenderName[] = [
  "openline",
  "ws",
  "websocket",
  "net",
  "bun",
  "floor",
];

function serverFile(name: ContenderName): string {
  return join(benchFolder, "servers", `${name}.mjs`);
}

function versionOf(folder: string): string {
  const text = readFileSync(join(folder, "package.json"), "utf8");
  return (JSON.parse(text) as { version: string }).version;
}

function labelOf(name: NodeContenderName): string {
  if (name === "net") return "node:net";
  if (name === "openline") return "Openline";
  return `${name} ${versionOf(join(root, "node_modules", name))}`;
}

/** Brings a contender to this machine if need be; returns why not when that fails. */
export function prepareContender(
  name: ContenderName,
  nodePath: string,
  say: (line: string) => void,
): Contender | string {
  if (name === "bun") return bunContender(say);
  if (name === "floor") return floorContender(say);
  return nodeContender(name, nodePath);
}

function floorContender(say: (line: string) => void): Contender {
  const program = compile("floor", say);
  const keys = writeKeys(cacheFolder());
  return { name: "floor", label: "C epoll (kernel)", command: () => [program, keys] };
}

function nodeContender(name: NodeContenderName, nodePath: string): Contender {
  return {
    name,
    label: labelOf(name),
    command: ({ exposesGc, deflate }) => [
      nodePath,
      ...(exposesGc ? ["--expose-gc"] : []),
      serverFile(name),
      ...(deflate ? ["--deflate"] : []),
    ],
  };
}

/** Installs Bun into the bench's own folder if need be. */
function bunContender(say: (line: string) => void): Contender | string {
  const program = join(benchFolder, "node_modules", ".bin", "bun");
  let version = versionOfProgram(program);
  if (version === undefined) {
    say("installing Bun into bench/node_modules (once, about 100 MB)");
    const install = spawnSync("npm", ["ci", "--no-audit", "--no-fund"], {
      cwd: benchFolder,
      encoding: "utf8",
      timeout: 300_000,
    });
    if (install.status !== 0) {
      const reason =
        install.error?.message ?? install.stderr.trim().split("\n").slice(-3).join(" ");
      return `Bun cannot be installed (${reason})`;
    }
    version = versionOfProgram(program);
    if (version === undefined) return "Bun is installed, but does not run on this machine";
  }
  return {
    name: "bun",
    label: `Bun ${version}`,
    command: ({ deflate }) => [program, serverFile("bun"), ...(deflate ? ["--deflate"] : [])],
  };
}

function versionOfProgram(program: string): string | undefined {
  if (!existsSync(program)) return undefined;
  const { status, stdout } = spawnSync(program, ["--version"], { encoding: "utf8" });
  return status === 0 ? stdout.trim() : undefined;
}
