import { readdirSync, readFileSync, writeFileSync } from "node:fs";

/** The peak of this process's resident memory since the last call, which is begun anew. */
export function takePeakBytes(): number {
  const status = readFileSync("/proc/self/status", "utf8");
  // proc(5): 5 sets the peak to what is resident now.
  writeFileSync("/proc/self/clear_refs", "5");
  return Number(/^VmHWM:\s+(\d+) kB/m.exec(status)?.[1]) * 1024;
}

/** What this process has open: sockets, files, pipes. */
export function countDescriptors(): number {
  return readdirSync("/proc/self/fd").length;
}
