/**
 * Where the time of one server goes in one scenario:
 *
 *   node --import tsx bench/profile.ts --only echo-32b-1 [--servers openline|socket.io|ws|…] [--seconds 5] [--top 25]
 *
 * Prints the functions with the most time of their own. What Node's profiler calls (program) is
 * mostly the kernel; the line on top says how much of the CPU time was spent there.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { buildOpenline } from "./build.ts";
import { compile } from "./compile.ts";
import { prepareContender } from "./contenders.ts";
import { type CpuProfile, selfTimes } from "./cpu-profile.ts";
import { runWindow } from "./load.ts";
import { chooseCores } from "./machine.ts";
import { parseOptions } from "./options.ts";
import { ServerProcess } from "./server-process.ts";

const samplingMicroseconds = 200;

/** Ticks of user and kernel time of a process so far. */
function ticksOf(pid: number): { user: number; kernel: number } {
  const text = readFileSync(`/proc/${pid}/stat`, "utf8");
  // The name of the program may hold spaces; the numbers begin behind its bracket.
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  return { user: Number(fields[11]), kernel: Number(fields[12]) };
}

const { values } = parseArgs({
  options: {
    only: { type: "string", default: "echo-32b-1" },
    servers: { type: "string", default: "openline" },
    seconds: { type: "string", default: "5" },
    top: { type: "string", default: "25" },
    node: { type: "string", default: process.execPath },
  },
});

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

async function main(): Promise<void> {
  const options = parseOptions([
    ...["--only", values.only, "--servers", values.servers, "--node", values.node],
  ]);
  if (typeof options === "string") return;
  const scenario = options.scenarios.find((each) => each.kind === "load");
  const level = scenario?.level;
  const name = options.servers[0];
  if (scenario?.kind !== "load") throw new RangeError("--only accepts a scenario with load here");
  if (level === undefined || name === undefined || name === "bun" || name === "floor") {
    throw new RangeError("--servers accepts a server that runs on Node here");
  }
  if (name === "openline") buildOpenline(say);
  const contender = prepareContender(level, name, options.nodePath, say);
  if (typeof contender === "string") throw new Error(contender);
  const program = compile("generator", say);
  const cores = chooseCores();
  const folder = mkdtempSync(join(tmpdir(), "bench-profile-"));
  try {
    const server = await ServerProcess.start(contender, {
      core: cores.server,
      deflate: scenario.deflate === true,
      nodeFlags: [
        "--cpu-prof",
        `--cpu-prof-dir=${folder}`,
        `--cpu-prof-interval=${samplingMicroseconds}`,
      ],
    });
    const before = ticksOf(server.pid);
    const windowMs = Number(values.seconds) * 1000;
    const window = await runWindow(scenario, server, { program, cores, warmUpMs: 500, windowMs });
    const after = ticksOf(server.pid);
    await server.stop();
    const user = after.user - before.user;
    const kernel = after.kernel - before.kernel;
    const file = readdirSync(folder).find((each) => each.endsWith(".cpuprofile"));
    if (file === undefined) throw new Error("Node wrote no profile");
    const times = selfTimes(JSON.parse(readFileSync(join(folder, file), "utf8")) as CpuProfile);
    const total = times.reduce((sum, [, time]) => sum + time, 0);
    const share = (part: number, whole: number): string => ((100 * part) / whole).toFixed(1);
    process.stdout.write(
      `${contender.label}, ${scenario.title}: ${window.cpuMicroseconds.toFixed(2)} CPU µs each ` +
        `while profiled; ${share(kernel, user + kernel)} % of it in the kernel\n`,
    );
    for (const [function_, time] of times.slice(0, Number(values.top))) {
      process.stdout.write(`${share(time, total).padStart(6)} %  ${function_}\n`);
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
}

try {
  await main();
} catch (error) {
  say(`profile: ${(error as Error).message}`);
  process.exitCode = 1;
}
