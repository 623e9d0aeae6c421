/** How many publishes a second are acknowledged, as stock clients ask for them. */
import { rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { AskedProcess } from "../asked-process.ts";
import { type DurablePlan, startClients, startServer } from "./plan.ts";
import { type Contender, type Load, type Row, rowsOf, runWindow, takeTurns } from "./turns.ts";

const publisherCount = 64;
const inFlight = 16;
const roomCount = 16;
const text = "x".repeat(64);

interface Setting extends Contender {
  /** The first word of the rooms; null: there is no server, but LMDB alone. */
  readonly kind: "plain" | "process" | "disk" | null;
  readonly hasIds: boolean;
}

const ofOnePut = { against: "one", goal: { atLeast: 50 } };
const ofEphemeral = { against: "ephemeral", goal: { atLeast: 0.6 } };

const settings: readonly Setting[] = [
  { name: "one", label: "LMDB, one put and flush at a time", kind: null, hasIds: false },
  { name: "ephemeral", label: "Ephemeral", kind: "plain", hasIds: false },
  { name: "process", label: "Durable, process", kind: "process", hasIds: false, ...ofEphemeral },
  {
    name: "process-ids",
    label: "Durable, process, with ids",
    kind: "process",
    hasIds: true,
    ...ofEphemeral,
  },
  { name: "disk", label: "Durable, disk", kind: "disk", hasIds: false, ...ofOnePut },
  { name: "disk-ids", label: "Durable, disk, with ids", kind: "disk", hasIds: true, ...ofOnePut },
];

export const acknowledgedSteps = ({ rounds }: DurablePlan): number =>
  settings.length * (rounds + 1);

export interface AcknowledgedResult {
  readonly publishes: readonly Row[];
}

export async function measureAcknowledged(plan: DurablePlan): Promise<AcknowledgedResult> {
  const onePath = join(plan.folder, "one-put");
  rmSync(onePath, { recursive: true, force: true });
  const server = await startServer(plan, { log: "lmdb", name: "acknowledged", rules: true });
  const clients = await startClients(plan);
  const onePut = await AskedProcess.start({
    script: fileURLToPath(new URL("one-put.mjs", import.meta.url)),
    args: [onePath],
    core: plan.cores.server,
  });
  try {
    const group = "publishers";
    await clients.ask("connect", { port: server.port, group, count: publisherCount });
    const ms = plan.windowMs;
    const windows = await takeTurns(settings, plan.rounds, async (setting, round) => {
      const { label, kind, hasIds } = setting;
      const rooms = Array.from({ length: roomCount }, (_, index) => `${kind}:${index}`);
      const window =
        kind === null
          ? await runWindow(onePut, () => onePut.ask<Load>("run", { text, ms }))
          : await runWindow(server, () =>
              clients.ask<Load>("acknowledged", { group, rooms, text, inFlight, ms, hasIds }),
            );
      plan.onStep("Acknowledged publishes", `${label}, round ${round + 1}`);
      return window;
    });
    return { publishes: rowsOf(settings, windows, ({ messages, ms }) => messages / (ms / 1000)) };
  } finally {
    await Promise.all([clients, server, onePut].map((each) => each.end()));
  }
}
