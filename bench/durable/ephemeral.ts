/** What a log costs those who do not use it. */
import type { AskedProcess } from "../asked-process.ts";
import { type DurablePlan, type ServerOptions, startClients, startServer } from "./plan.ts";
import {
  type Contender,
  type Load,
  type Row,
  rowsOf,
  runWindow,
  takeTurns,
  type Window,
} from "./turns.ts";

const subscriberCount = 100;
const echoCount = 64;
const fanOutInFlight = 16;
const echoInFlight = 16;
const text = "x".repeat(64);
const room = "news";

interface Setting extends Contender {
  readonly options: ServerOptions;
}

const withLog = { log: "lmdb", rules: true } as const;
const atMost = 1.03;

const settings: readonly Setting[] = [
  { name: "bare", label: "No log, no recovery", options: { log: "none", recovery: false } },
  {
    name: "log",
    label: "Log and rules, no recovery",
    options: { ...withLog, name: "ephemeral", recovery: false },
    against: "bare",
    goal: { atMost },
  },
  {
    name: "recovery",
    label: "No log, recovery",
    options: { log: "none", recovery: true },
    against: "bare",
  },
  {
    name: "log-recovery",
    label: "Log and rules, recovery",
    options: { ...withLog, name: "ephemeral-recovery", recovery: true },
    against: "recovery",
    goal: { atMost },
  },
];

export interface EphemeralResult {
  readonly fanOut: readonly Row[];
  readonly echo: readonly Row[];
}

export const ephemeralSteps = (plan: DurablePlan): number =>
  2 * settings.length * (plan.rounds + 1);

export async function measureEphemeral(plan: DurablePlan): Promise<EphemeralResult> {
  const clients = await startClients(plan);
  const servers = new Map<string, AskedProcess>();
  try {
    for (const { name, options } of settings) {
      const server = await startServer(plan, options);
      servers.set(name, server);
      const { port } = server;
      const rooms = [room];
      await clients.ask("connect", { port, group: `${name} news`, count: subscriberCount, rooms });
      await clients.ask("connect", { port, group: `${name} publisher`, count: 1 });
      await clients.ask("connect", { port, group: `${name} echo`, count: echoCount });
    }
    const windowsOf = (title: string, run: (name: string) => Promise<Load>) =>
      takeTurns(settings, plan.rounds, async ({ name, label }, round): Promise<Window> => {
        const window = await runWindow(servers.get(name)!, () => run(name));
        plan.onStep(title, `${label}, round ${round + 1}`);
        return window;
      });
    const ms = plan.windowMs;
    const fanOut = await windowsOf("Ephemeral fan-out beside a log", (name) =>
      clients.ask<Load>("fanOut", {
        publishers: `${name} publisher`,
        subscribers: `${name} news`,
        ...{ rooms: [room], text, ms, inFlight: fanOutInFlight },
      }),
    );
    const echo = await windowsOf("Echo beside a log", (name) =>
      clients.ask<Load>("echo", { group: `${name} echo`, text, ms, inFlight: echoInFlight }),
    );
    const cpu = ({ cpuMicroseconds }: Window): number => cpuMicroseconds;
    return { fanOut: rowsOf(settings, fanOut, cpu), echo: rowsOf(settings, echo, cpu) };
  } finally {
    await Promise.all([clients, ...servers.values()].map((each) => each.end()));
  }
}
