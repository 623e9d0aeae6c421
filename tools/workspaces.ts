import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** The part of a package.json that the tools act on. */
export interface Manifest {
  readonly name: string;
  readonly version?: string;
  readonly private?: boolean;
  readonly scripts?: Readonly<Record<string, string>>;
  readonly exports?: Readonly<Record<string, unknown>>;
  readonly imports?: Readonly<Record<string, unknown>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
}

/** One npm workspace: a package that is published, or an app that is not. */
export interface Workspace {
  readonly name: string;
  /** Relative to the repository's root, with forward slashes. */
  readonly folder: string;
  readonly manifest: Manifest;
}

/** The repository's root folder. */
export const root: string = join(import.meta.dirname, "..");

/**
 * Reads the workspaces under `packages/` and `apps/`, each after the ones that it depends on.
 *
 * @throws Error if workspaces depend on each other in a circle
 */
export function readWorkspaces(from: string = root): Workspace[] {
  const workspaces: Workspace[] = [];
  for (const parent of ["packages", "apps"]) {
    if (!existsSync(join(from, parent))) continue;
    for (const entry of readdirSync(join(from, parent)).sort()) {
      const folder = `${parent}/${entry}`;
      const file = join(from, folder, "package.json");
      if (!existsSync(file)) continue;
      const manifest = JSON.parse(readFileSync(file, "utf8")) as Manifest;
      workspaces.push({ name: manifest.name, folder, manifest });
    }
  }
  return inDependencyOrder(workspaces);
}

/**
 * Orders workspaces so that each comes after those that it depends on; ties keep their order.
 *
 * @throws Error if workspaces depend on each other in a circle
 */
export function inDependencyOrder(workspaces: readonly Workspace[]): Workspace[] {
  const byName = new Map(workspaces.map((workspace) => [workspace.name, workspace]));
  const ordered = new Set<Workspace>();
  const path: string[] = [];

  function visit(workspace: Workspace): void {
    if (ordered.has(workspace)) return;
    if (path.includes(workspace.name)) {
      throw new Error(
        `workspaces depend on each other in a circle: ${[...path, workspace.name].join(" → ")}`,
      );
    }
    path.push(workspace.name);
    for (const name of dependencyNames(workspace.manifest)) {
      const dependency = byName.get(name);
      if (dependency) visit(dependency);
    }
    path.pop();
    ordered.add(workspace);
  }

  for (const workspace of workspaces) visit(workspace);
  return [...ordered];
}

function dependencyNames(manifest: Manifest): string[] {
  return [
    manifest.dependencies,
    manifest.peerDependencies,
    manifest.optionalDependencies,
    manifest.devDependencies,
  ].flatMap((group) => Object.keys(group ?? {}));
}
