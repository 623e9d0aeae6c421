import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { root } from "../workspaces.ts";

/**
 * The Node releases that everything is tested on, by major version.
 *
 * Pinned, so that a run can be repeated; the registry checks each download's integrity.
 */
export const nodeVersions = {
  20: "20.20.2",
  22: "22.23.3",
  24: "24.9.0",
  26: "26.9.0",
} as const;

export type NodeMajor = keyof typeof nodeVersions;

/** Every supported major version, oldest first. */
export const nodeMajors: readonly NodeMajor[] = [20, 22, 24, 26];

/** The major version of the Node that runs this very code. */
export const currentMajor: number = Number(process.versions.node.split(".")[0]);

/** Words by which npm says that the network failed, as against a package that is not there. */
const networkFailure =
  /ETIMEDOUT|ECONNRESET|ECONNREFUSED|EAI_AGAIN|ENOTFOUND|EPIPE|ENETUNREACH|EHOSTUNREACH|ERR_SOCKET_TIMEOUT|EIDLETIMEOUT|network|\b50[0234]\b/;

/** True if npm's output shows a failure that may go away by itself. */
export function isNetworkFailure(output: string): boolean {
  return networkFailure.test(output);
}

/** Where the executable of a Node release is, or will be once fetched. */
export function nodePath(major: NodeMajor): string {
  if (major === currentMajor) return process.execPath;
  const file = process.platform === "win32" ? "node.exe" : join("bin", "node");
  return join(folderOf(major), "node_modules", packageName(), file);
}

/**
 * Fetches a Node release from the npm registry into `.cache/nodes`, unless it is there already.
 *
 * Tries three times when the network fails, and only then.
 *
 * @returns the path of its executable
 * @throws Error with npm's output if it cannot be fetched
 */
export async function fetchNode(major: NodeMajor): Promise<string> {
  const path = nodePath(major);
  if (isFetched(major)) return path;
  const folder = folderOf(major);
  mkdirSync(folder, { recursive: true });
  // Its own package.json keeps npm from walking up to the workspace's.
  const dependencies = { [packageName()]: nodeVersions[major] };
  writeFileSync(join(folder, "package.json"), JSON.stringify({ private: true, dependencies }));
  for (let attempt = 1; ; attempt++) {
    const { code, output } = await npmInstall(folder);
    if (code === 0 && isFetched(major)) return path;
    if (attempt === 3 || !isNetworkFailure(output)) {
      throw new Error(
        `Node ${nodeVersions[major]} could not be fetched as ${packageName()}:\n${output.trim()}`,
      );
    }
    await delay(attempt * 5_000);
  }
}

/** The environment without what `npm test` put there for its own project. */
export function environmentWithoutNpm(): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(
    ([name]) => !/^npm_(package|lifecycle|command|execpath|config_local_prefix)/.test(name),
  );
  return Object.fromEntries(kept);
}

/** True if the pinned release is there: a pin that moved is fetched anew. */
function isFetched(major: NodeMajor): boolean {
  if (major === currentMajor) return true;
  const manifest = join(folderOf(major), "node_modules", packageName(), "package.json");
  if (!existsSync(manifest) || !existsSync(nodePath(major))) return false;
  const { version } = JSON.parse(readFileSync(manifest, "utf8")) as { version: string };
  // Some releases call themselves "v24.9.0" in there.
  return version.replace(/^v/, "") === nodeVersions[major];
}

function folderOf(major: NodeMajor): string {
  return join(root, ".cache", "nodes", String(major));
}

function packageName(): string {
  const platform = process.platform === "win32" ? "win" : process.platform;
  return `node-${platform}-${process.arch}`;
}

function npmInstall(folder: string): Promise<{ code: number | null; output: string }> {
  return new Promise((resolve, reject) => {
    const npm = spawn(
      "npm",
      ["install", "--no-audit", "--no-fund", "--no-package-lock", "--loglevel=warn"],
      { cwd: folder, env: environmentWithoutNpm(), stdio: ["ignore", "pipe", "pipe"] },
    );
    let output = "";
    npm.stdout.on("data", (chunk) => {
      output += chunk;
    });
    npm.stderr.on("data", (chunk) => {
      output += chunk;
    });
    npm.on("error", reject);
    npm.on("close", (code) => resolve({ code, output }));
  });
}
