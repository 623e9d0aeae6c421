/** The memory of idle connections. */
import { setTimeout as delay } from "node:timers/promises";
import type { Contender } from "./contenders.ts";
import { startGenerator } from "./generator.ts";
import { cacheFolder } from "./paths.ts";
import { writeKeys } from "./payloads.ts";
import { contendersOf, draftsOf, finished, type Measurement, type Plan } from "./plan.ts";
import type { MemoryScenario } from "./scenario.ts";
import { ServerProcess } from "./server-process.ts";

/** Held beforehand: they load the code and bring the heap to its working size. */
const firstConnections = 2000;
const settleStepMs = 200;
const settleSteps = 20;
const settledShare = 0.002;

async function holdConnections(
  count: number,
  { contender, server }: { contender: Contender; server: ServerProcess },
  plan: Plan,
  whileHeld: () => Promise<number>,
): Promise<number> {
  const child = startGenerator({
    program: plan.generator,
    cores: plan.cores,
    serverPid: server.pid,
    flags: {
      level: contender.level,
      mode: "idle",
      port: server.port,
      connections: count,
      keys: writeKeys(cacheFolder()),
    },
  });
  let errors = "";
  child.stderr!.on("data", (chunk: Buffer) => {
    errors += chunk.toString();
  });
  const ended = new Promise<number | null>((resolve) => child.once("close", resolve));
  const opened = new Promise<void>((resolve, reject) => {
    child.once("error", reject);
    child.stdout!.once("data", () => resolve());
    child.once("close", () => reject(new Error(errors.trim() || "the generator has ended")));
  });
  try {
    await opened;
    const result = await whileHeld();
    child.stdin!.end();
    if ((await ended) !== 0) throw new Error(errors.trim());
    return result;
  } finally {
    child.kill();
  }
}

/** Collects garbage until the resident memory stays where it is. */
async function settledBytes(server: ServerProcess): Promise<number> {
  let last = Number.POSITIVE_INFINITY;
  for (let step = 0; step < settleSteps; step++) {
    await server.collectGarbage();
    await delay(settleStepMs);
    const bytes = server.residentBytes();
    if (Math.abs(bytes - last) < bytes * settledShare) return bytes;
    last = bytes;
  }
  return last;
}

/** KB for each idle connection, on a fresh server. */
async function memoryOf(contender: Contender, count: number, plan: Plan): Promise<number> {
  const server = await ServerProcess.start(contender, {
    core: plan.cores.server,
    exposesGc: true,
  });
  try {
    // What the first connections bring (code, tables, the young generation's 16 MB) is paid
    // once for a process; a further connection's price is the difference that further ones make.
    const target = { contender, server };
    return await holdConnections(firstConnections, target, plan, async () => {
      const before = await settledBytes(server);
      const after = await holdConnections(count, target, plan, () => settledBytes(server));
      return (after - before) / count / 1024;
    });
  } finally {
    await server.stop();
  }
}

export async function measureMemory(scenario: MemoryScenario, plan: Plan): Promise<Measurement> {
  const drafts = draftsOf(contendersOf(scenario, plan.contenders));
  const count = plan.isQuick ? Math.ceil(scenario.connections / 5) : scenario.connections;
  for (let round = 0; round < plan.rounds; round++) {
    for (const draft of drafts) {
      try {
        if (draft.failure === undefined) {
          draft.figures.push(await memoryOf(draft.contender, count, plan));
        }
      } catch (error) {
        draft.failure = (error as Error).message;
      }
      const state = `round ${round + 1} of ${plan.rounds}`;
      plan.onStep(scenario.title, `${draft.contender.label}, ${state}`);
    }
  }
  return finished(scenario, drafts, 0);
}
