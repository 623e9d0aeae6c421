/** The machine: which cores to use, and what to say about it beside the figures. */
import { readFileSync } from "node:fs";
import { availableParallelism, cpus, release } from "node:os";

/** Core numbers as `taskset` counts them; -1 where there is nothing to pin to. */
export interface Cores {
  readonly server: number;
  readonly generator: number;
  /** Why the two do not have a core each, if they do not. */
  readonly warning?: string;
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8").trim();
  } catch {
    return undefined;
  }
}

/** `"0-2,5"` → `[0, 1, 2, 5]`, the notation of Linux for sets of cores. */
export function parseCoreList(text: string): number[] {
  return text
    .split(",")
    .filter((part) => part !== "")
    .flatMap((part) => {
      const [first = 0, last = first] = part.split("-").map(Number);
      return Array.from({ length: last - first + 1 }, (_, index) => first + index);
    });
}

/** The cores that this process may use (Linux). */
function allowedCores(): number[] {
  const line = /^Cpus_allowed_list:\s*(\S+)/m.exec(readText("/proc/self/status") ?? "");
  return line?.[1] === undefined ? [] : parseCoreList(line[1]);
}

function siblingsOf(core: number): number[] {
  const text = readText(`/sys/devices/system/cpu/cpu${core}/topology/thread_siblings_list`);
  return text === undefined ? [core] : parseCoreList(text);
}

/**
 * Two cores that are not two threads of one, if there are such; the last ones, since interrupts
 * and the habits of other programs prefer the first.
 */
export function chooseCores(): Cores {
  const allowed = allowedCores().reverse();
  const server = allowed[0];
  if (server === undefined) {
    return {
      server: -1,
      generator: -1,
      warning: "this system has no way to pin a process to a core",
    };
  }
  const others = allowed.filter((core) => core !== server);
  const siblings = siblingsOf(server);
  const apart = others.find((core) => !siblings.includes(core));
  if (apart !== undefined) return { server, generator: apart };
  if (others[0] !== undefined) {
    const warning = "server and generator share the two threads of one core";
    return { server, generator: others[0], warning };
  }
  return {
    server,
    generator: server,
    warning: "there is one core alone: server and generator take turns on it",
  };
}

/** Puts `taskset` in front of a command. */
export function pinned(core: number, command: readonly string[]): string[] {
  return core < 0 ? [...command] : ["taskset", "--cpu-list", String(core), ...command];
}

export interface MachineDescription {
  readonly cpu: string;
  readonly cores: number;
  readonly kernel: string;
}

export function describeMachine(): MachineDescription {
  return {
    cpu: cpus()[0]?.model.trim() ?? "unknown CPU",
    cores: availableParallelism(),
    kernel: release(),
  };
}
