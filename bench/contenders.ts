/** Who is measured, how it is started, and how it is called in tables. */
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { compile } from "./compile.ts";
import type { ContenderName, Level } from "./levels.ts";
import { benchFolder, cacheFolder, root } from "./paths.ts";
import { writeKeys } from "./payloads.ts";

export interface Contender {
  readonly level: Level;
  readonly name: ContenderName;
  /** With the version, or with what it stands for. */
  readonly label: string;
  /** Returns the program and its arguments, without pinning. */
  command(options: { exposesGc: boolean; deflate: boolean }): string[];
}

type NodeContenderName = Exclude<ContenderName, "bun" | "floor">;

/** Where the servers of a level are. */
const serverFolders: Readonly<Record<Level, string>> = {
  websocket: join(benchFolder, "servers"),
  "socket.io": join(benchFolder, "servers", "socket.io"),
};

function serverFile(level: Level, name: ContenderName): string {
  return join(serverFolders[level], `${name}.mjs`);
}

function versionOf(folder: string): string {
  const text = readFileSync(join(folder, "package.json"), "utf8");
  return (JSON.parse(text) as { version: string }).version;
}

function labelOf(name: NodeContenderName): string {
  if (name === "net") return "node:net";
  if (name === "openline") return "Openline";
  if (name === "socket.io") return `Socket.IO ${versionOf(join(root, "node_modules", name))}`;
  return `${name} ${versionOf(join(root, "node_modules", name))}`;
}

/** Brings a contender to this machine if need be; returns why not when that fails. */
export function prepareContender(
  level: Level,
  name: ContenderName,
  nodePath: string,
  say: (line: string) => void,
): Contender | string {
  if (name === "bun") return bunContender(level, say);
  if (name === "floor") return floorContender(say);
  return nodeContender(level, name, nodePath);
}

function floorContender(say: (line: string) => void): Contender {
  const program = compile("floor", say);
  const keys = writeKeys(cacheFolder());
  return {
    level: "websocket",
    name: "floor",
    label: "C epoll (kernel)",
    command: () => [program, keys],
  };
}

/**
 * V8's young generation at its full size from the start. It grows with the garbage that is made, once a
 * process: whoever makes little has it grow while connections are counted, by 2.5 KB for each of 5,000
 * of which none is theirs.
 */
const fullYoungGeneration = "--min-semi-space-size=16";

function nodeContender(level: Level, name: NodeContenderName, nodePath: string): Contender {
  return {
    level,
    name,
    label: labelOf(name),
    command: ({ exposesGc, deflate }) => [
      nodePath,
      ...(exposesGc ? ["--expose-gc", fullYoungGeneration] : []),
      serverFile(level, name),
      ...(deflate ? ["--deflate"] : []),
    ],
  };
}

/** Installs Bun, and Socket.IO's engine for it, into the bench's own folder if need be. */
function bunContender(level: Level, say: (line: string) => void): Contender | string {
  const program = join(benchFolder, "node_modules", ".bin", "bun");
  const engine = join(benchFolder, "node_modules", "@socket.io", "bun-engine");
  let version = versionOfProgram(program);
  if (version === undefined || !existsSync(engine)) {
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
  const onBun = level === "socket.io" ? "Socket.IO on " : "";
  return {
    level,
    name: "bun",
    label: `${onBun}Bun ${version}`,
    command: ({ deflate }) => [
      program,
      serverFile(level, "bun"),
      ...(deflate ? ["--deflate"] : []),
    ],
  };
}

function versionOfProgram(program: string): string | undefined {
  if (!existsSync(program)) return undefined;
  const { status, stdout } = spawnSync(program, ["--version"], { encoding: "utf8" });
  return status === 0 ? stdout.trim() : undefined;
}
