import { spawnSync } from "node:child_process";
import { accessSync, constants, existsSync } from "node:fs";
import { delimiter, join } from "node:path";

/** A Debian package that the tests need, and how to see whether what it brings is there. */
export interface DebianPackage {
  readonly name: string;
  readonly reason: string;
  readonly isPresent: () => boolean;
}

/** The Python whose modules come as Debian packages; the PATH may hold another one first. */
export const debianPython = "/usr/bin/python3";

/** Everything that the tests need beyond Node and npm. */
export const debianPackages: readonly DebianPackage[] = [
  {
    name: "chromium",
    reason: "end-to-end tests and interoperability with a browser",
    isPresent: () => hasCommand("chromium"),
  },
  {
    name: "nginx",
    reason: "interoperability through a proxy",
    isPresent: () => hasCommand("nginx"),
  },
  {
    name: "haproxy",
    reason: "interoperability through a proxy",
    isPresent: () => hasCommand("haproxy"),
  },
  {
    name: "caddy",
    reason: "interoperability through a proxy",
    isPresent: () => hasCommand("caddy"),
  },
  {
    name: "openssl",
    reason: "certificates for the tests of wss://",
    isPresent: () => hasCommand("openssl"),
  },
  {
    name: "gcc",
    reason: "the bench's load generator, and disks that fail in the tests of the log",
    isPresent: () => hasCommand("cc"),
  },
  {
    name: "libc6-dev",
    reason: "the bench's load generator, and disks that fail in the tests of the log",
    isPresent: () => existsSync("/usr/include/stdio.h"),
  },
  {
    name: "python3-websockets",
    reason: "interoperability with Python",
    isPresent: () => hasModule("websockets"),
  },
  {
    name: "python3-socketio",
    reason: "interoperability of the Socket.IO server with Python",
    isPresent: () => hasModule("socketio"),
  },
  {
    name: "python3-aiohttp",
    reason: "the transports of python3-socketio",
    isPresent: () => hasModule("aiohttp"),
  },
];

function hasModule(name: string): boolean {
  return spawnSync(debianPython, ["-c", `import ${name}`]).status === 0;
}

/** The packages that are not there yet. */
export function missingPackages(
  packages: readonly DebianPackage[] = debianPackages,
): DebianPackage[] {
  return packages.filter((each) => !each.isPresent());
}

/** The command that brings the packages, to run as root. */
export function installCommand(names: readonly string[]): string {
  return `apt-get update && apt-get install -y --no-install-recommends ${names.join(" ")}`;
}

/** True where `installMissing` can do its work: as root, on a system with apt. */
export function canInstall(): boolean {
  return process.getuid?.() === 0 && hasCommand("apt-get");
}

/**
 * Installs packages by apt, without a question and without starting their services.
 *
 * @throws Error with apt's last words if it does not succeed
 */
export function installMissing(names: readonly string[]): void {
  const apt = ["-o", "Acquire::Retries=3", "-o", "DPkg::Lock::Timeout=300"];
  for (const args of [
    [...apt, "update"],
    [...apt, "install", "-y", "--no-install-recommends", ...names],
  ]) {
    const run = spawnSync("apt-get", args, {
      // Run level 1 keeps nginx, haproxy and caddy from being started, and from taking port 80.
      env: { ...process.env, DEBIAN_FRONTEND: "noninteractive", RUNLEVEL: "1" },
      stdio: ["ignore", "pipe", "pipe"],
      encoding: "utf8",
      timeout: 600_000,
    });
    if (run.status !== 0) {
      const words = `${run.stdout ?? ""}${run.stderr ?? ""}`.trim().split("\n").slice(-15);
      throw new Error(`apt-get ${args.join(" ")} failed:\n${words.join("\n")}`);
    }
  }
}

function hasCommand(command: string): boolean {
  // nginx and haproxy live in /usr/sbin, which an ordinary user's PATH leaves out.
  const folders = [...(process.env.PATH ?? "").split(delimiter), "/usr/sbin", "/sbin"];
  return folders.some((folder) => {
    try {
      accessSync(join(folder, command), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
