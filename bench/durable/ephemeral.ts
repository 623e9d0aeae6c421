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
/** Goals of a few percent need more and shorter windows than others, which noise hits less often. */
const finer = 4;
const text = "x".repeat(64);
const room = "news";

interface Setting extends Contender {
  readonly options: ServerOptions;
}

const withLog = { log: "lmdb", rules: true } as const;
const goal = { atMost: 1.03 };

/** Without a log nothing is kept for those who come back, unless it is asked for; with one it is. */
const settings: readonly Setting[] = [
  { name: "bare", label: "No log", options: { log: "none" } },
  {
    name: "log",
    label: "Log",
    options: { ...withLog, name: "ephemeral" },
    against: "bare",
    goal,
  },
  {
    name: "log-only",
    label: "Log, connectionStateRecovery: false",
    options: { ...withLog, name: "ephemeral-only", recovery: false },
    against: "bare",
    goal,
  },
  {
    name: "recovery",
    label: "No log, connectionStateRecovery: {}",
    options: { log: "none", recovery: {} },
    against: "bare",
  },
  {
    name: "log-recovery",
    label: "Log, connectionStateRecovery: {}",
    options: { ...withLog, name: "ephemeral-recovery", recovery: {} },
    against: "recovery",
    goal,
  },
];

export interface EphemeralResult {
  readonly fanOut: readonly Row[];
  readonly echo: readonly Row[];
  /** Of an event whose last argument is a text, and might be taken for a cursor. */
  readonly textEcho: readonly Row[];
}

export const ephemeralSteps = (plan: DurablePlan): number =>
  3 * settings.length * (roundsOf(plan) + 1);

function roundsOf({ rounds, isQuick }: DurablePlan): number {
  return isQuick ? rounds : rounds * finer;
}

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
      takeTurns(settings, roundsOf(plan), async ({ name, label }, round): Promise<Window> => {
        const window = await runWindow(servers.get(name)!, () => run(name));
        plan.onStep(title, `${label}, round ${round + 1}`);
        return window;
      });
    const ms = plan.isQuick ? plan.windowMs : plan.windowMs / finer;
    const fanOut = await windowsOf("Ephemeral fan-out beside a log", (name) =>
      clients.ask<Load>("fanOut", {
        publishers: `${name} publisher`,
        subscribers: `${name} news`,
        ...{ rooms: [room], text, ms, inFlight: fanOutInFlight },
      }),
    );
    const echoOf = (title: string, value: unknown) =>
      windowsOf(title, (name) =>
        clients.ask<Load>("echo", { group: `${name} echo`, value, ms, inFlight: echoInFlight }),
      );
    const echo = await echoOf("Echo beside a log", { text });
    const textEcho = await echoOf("Echo of texts beside a log", text);
    const cpu = ({ cpuMicroseconds }: Window): number => cpuMicroseconds;
    const [fanOutRows = [], echoRows = [], textEchoRows = []] = [fanOut, echo, textEcho].map(
      (windows) => rowsOf(settings, windows, cpu),
    );
    return { fanOut: fanOutRows, echo: echoRows, textEcho: textEchoRows };
  } finally {
    await Promise.all([clients, ...servers.values()].map((each) => each.end()));
  }
}
