/** What a message costs that is logged before it is sent, beside one that is not. */
import { type DurablePlan, startClients, startServer } from "./plan.ts";
import { type Contender, type Load, type Row, rowsOf, runWindow, takeTurns } from "./turns.ts";

const subscriberCount = 1000;
const text = "x".repeat(64);
const goal = { atMost: 1.25 };

interface Setting extends Contender {
  readonly room: string;
}

/** One server: its rooms differ, and nothing else. */
const settings: readonly Setting[] = [
  { name: "ephemeral", label: "Ephemeral", room: "plain:news" },
  {
    name: "process",
    label: "Durable, process",
    room: "process:news",
    against: "ephemeral",
    goal,
  },
  { name: "disk", label: "Durable, disk", room: "disk:news", against: "ephemeral", goal },
];

const depths = [1, 16] as const;

export interface FanOutResult {
  readonly inFlight1: readonly Row[];
  readonly inFlight16: readonly Row[];
}

export const fanOutSteps = ({ rounds }: DurablePlan): number =>
  depths.length * settings.length * (rounds + 1);

export async function measureFanOut(plan: DurablePlan): Promise<FanOutResult> {
  const server = await startServer(plan, { log: "lmdb", name: "fan-out", rules: true });
  const clients = await startClients(plan);
  try {
    const { port } = server;
    for (const { name, room } of settings) {
      const rooms = [room];
      await clients.ask("connect", { port, group: name, count: subscriberCount, rooms });
    }
    await clients.ask("connect", { port, group: "publisher", count: 1 });
    const rowsWith = async (inFlight: number): Promise<Row[]> => {
      const windows = await takeTurns(settings, plan.rounds, async (setting, round) => {
        const { name, label, room } = setting;
        const window = await runWindow(server, () =>
          clients.ask<Load>("fanOut", {
            publishers: "publisher",
            subscribers: name,
            ...{ rooms: [room], text, inFlight, ms: plan.windowMs },
          }),
        );
        plan.onStep(`Durable fan-out, ${inFlight} in flight`, `${label}, round ${round + 1}`);
        return window;
      });
      return rowsOf(settings, windows, ({ cpuMicroseconds }) => cpuMicroseconds);
    };
    return { inFlight1: await rowsWith(depths[0]), inFlight16: await rowsWith(depths[1]) };
  } finally {
    await Promise.all([clients.end(), server.end()]);
  }
}
