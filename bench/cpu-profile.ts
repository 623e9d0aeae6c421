/** Reads what `node --cpu-prof` writes. */
import { root } from "./paths.ts";

/** The part of a V8 CPU profile that is read here. */
export interface CpuProfile {
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: {
      readonly functionName: string;
      readonly url: string;
      readonly lineNumber: number;
    };
  }[];
  readonly samples: readonly number[];
  /** Microseconds between samples. */
  readonly timeDeltas: readonly number[];
}

const pollPhase = "(poll phase: reading from sockets, or waiting)";

function nameOf({ callFrame }: CpuProfile["nodes"][number]): string {
  if (callFrame.functionName === "(idle)") return pollPhase;
  const name = callFrame.functionName || "(anonymous)";
  if (callFrame.url === "") return name;
  const place = callFrame.url.replace(`file://${root}/`, "").replace("node_modules/", "");
  return `${name}  ${place}:${callFrame.lineNumber + 1}`;
}

/**
 * Microseconds of each function without those it calls, most first.
 *
 * Node's profiler calls all that happens in the poll phase outside JavaScript idle: waiting, but
 * reading from sockets too, which a busy server does most of that time.
 */
export function selfTimes(profile: CpuProfile): [name: string, microseconds: number][] {
  const names = new Map(profile.nodes.map((node) => [node.id, nameOf(node)]));
  const times = new Map<string, number>();
  profile.samples.forEach((id, index) => {
    const name = names.get(id) ?? "(unknown)";
    times.set(name, (times.get(name) ?? 0) + (profile.timeDeltas[index] ?? 0));
  });
  return [...times].sort((a, b) => b[1] - a[1]);
}
