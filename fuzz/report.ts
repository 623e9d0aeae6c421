import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Finding } from "./engine/fuzzer.ts";
import { seedOf } from "./engine/random.ts";

/** Longer inputs do not fit a command line that people copy. */
const longestOnLine = 1000;

export function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}

/** Writes the input to a file in `folder`; returns what was found, and the command that replays it. */
export function describeFinding({ target, input, error }: Finding, folder: string): string {
  mkdirSync(folder, { recursive: true });
  const file = join(folder, `${target}-${seedOf(input).toString(16).padStart(8, "0")}.hex`);
  const what = error instanceof Error ? (error.stack ?? error.message) : String(error);
  const hex = hexOf(input);
  const comment = what.replace(/^/gm, "# ");
  writeFileSync(file, `${comment}\n${hex.replace(/(.{64})/g, "$1\n")}\n`);
  const shown = hex.length <= longestOnLine ? hex : file;
  return [
    `✖ ${target}: ${what}`,
    `  ${input.length} bytes: ${JSON.stringify(Buffer.from(input).toString("latin1").slice(0, 200))}`,
    `  replay: npm run fuzz -- --target ${target} --input '${shown}'`,
    `  kept in ${file}`,
  ].join("\n");
}
