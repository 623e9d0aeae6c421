import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { environmentWithoutNpm } from "../machine/nodes.ts";
import { readWorkspaces, root } from "../workspaces.ts";

/** What `npm pack` says about one tarball. */
export interface Tarball {
  readonly name: string;
  /** The tarball's own path. */
  readonly path: string;
  /** The paths of the files inside. */
  readonly files: readonly string[];
}

/** An empty project in a temporary folder, into which the packed packages are installed. */
export interface ConsumerProject {
  readonly folder: string;
  readonly tarballs: readonly Tarball[];
  /** Runs an executable in the project; output is what it printed, both streams. */
  run(executable: string, args: readonly string[]): { status: number | null; output: string };
  /** Writes a tsconfig.json that checks `files` with these options, and runs tsc on it. */
  typeCheck(files: readonly string[], options: Readonly<Record<string, unknown>>): string;
  remove(): void;
}

/**
 * Packs every published package as `npm publish` would, or those that are named, and installs the
 * tarballs.
 *
 * @throws Error with npm's output when something fails; the packages must be built before
 */
export function createConsumerProject(names?: readonly string[]): ConsumerProject {
  const folder = mkdtempSync(join(tmpdir(), "openline-consumer-"));
  const tarballFolder = join(folder, "tarballs");
  mkdirSync(tarballFolder);
  const tarballs = readWorkspaces()
    .filter((workspace) => workspace.manifest.private !== true)
    .filter((workspace) => names?.includes(workspace.name) ?? true)
    .map((workspace) => pack(workspace.folder, tarballFolder));

  writeFileSync(join(folder, "package.json"), JSON.stringify({ name: "consumer", private: true }));
  const paths = tarballs.map((tarball) => tarball.path);
  npm(folder, ["install", "--no-audit", "--no-fund", "--no-package-lock", ...paths]);

  cpSync(join(import.meta.dirname, "consumers"), folder, { recursive: true });
  // TypeScript users bring Node's types themselves; ours stand in for theirs.
  for (const name of ["@types", "undici-types"]) {
    symlinkSync(join(root, "node_modules", name), join(folder, "node_modules", name), "dir");
  }

  function run(executable: string, args: readonly string[]) {
    const { status, stdout, stderr, error } = spawnSync(executable, args, {
      cwd: folder,
      env: environmentWithoutNpm(),
      stdio: ["ignore", "pipe", "pipe"],
      encoding: "utf8",
      timeout: 60_000,
    });
    return { status, output: `${stdout ?? ""}${stderr ?? ""}${error?.message ?? ""}` };
  }

  return {
    folder,
    tarballs,
    run,
    typeCheck(files, options) {
      const compilerOptions = {
        target: "es2023",
        types: ["node"],
        noEmit: true,
        strict: true,
        // Our declarations must hold without our own flags, and be looked at.
        skipLibCheck: false,
        ...options,
      };
      const config = join(folder, "tsconfig.json");
      writeFileSync(config, JSON.stringify({ compilerOptions, files }));
      return run(join(root, "node_modules", ".bin", "tsc"), ["-p", config]).output;
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

interface PackReport {
  readonly name: string;
  readonly filename: string;
  readonly files: readonly { readonly path: string }[];
}

function pack(workspaceFolder: string, destination: string): Tarball {
  const args = ["pack", "--json", "--pack-destination", destination];
  const output = npm(join(root, workspaceFolder), args);
  const report = readPackReport(output);
  return {
    name: report.name,
    path: join(destination, report.filename),
    files: report.files.map((file) => file.path),
  };
}

/** npm up to 11 prints a list, newer ones an object by package name. */
function readPackReport(output: string): PackReport {
  const parsed = JSON.parse(output) as readonly PackReport[] | Record<string, PackReport>;
  const [report] = Object.values(parsed);
  if (!report) throw new Error(`npm pack reported nothing: ${output}`);
  return report;
}

function npm(cwd: string, args: readonly string[]): string {
  const { status, stdout, stderr, error } = spawnSync("npm", args, {
    cwd,
    env: environmentWithoutNpm(),
    stdio: ["ignore", "pipe", "pipe"],
    encoding: "utf8",
    timeout: 120_000,
  });
  if (status !== 0) {
    throw new Error(`npm ${args.join(" ")} failed:\n${stdout}${stderr}${error?.message ?? ""}`);
  }
  return stdout;
}
