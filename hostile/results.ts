import { cpus } from "node:os";
import type { HostileOptions } from "./options.ts";
import type { Verdict } from "./verdict.ts";

/** What a run has come to. */
export interface HostileResults {
  readonly startedAt: string;
  readonly node: string;
  readonly machine: { readonly cpu: string; readonly cores: number };
  readonly rounds: number;
  readonly windowSeconds: number;
  readonly strength: number;
  readonly clients: {
    readonly websockets: number;
    readonly pollers: number;
    readonly perSecond: number;
  };
  readonly verdicts: readonly Verdict[];
}

export function makeResults(
  { rounds, windowSeconds, strength }: HostileOptions,
  clients: HostileResults["clients"],
  startedAt: Date,
  verdicts: readonly Verdict[],
): HostileResults {
  const processors = cpus();
  return {
    startedAt: startedAt.toISOString(),
    node: process.version,
    machine: { cpu: processors[0]?.model ?? "unknown", cores: processors.length },
    rounds,
    windowSeconds,
    strength,
    clients,
    verdicts,
  };
}

/** How much slower those who behave may become. */
export const GOAL_RATIO = 2;

/** The table of docs/hostile.md. */
export function tableOf({ verdicts }: HostileResults): string {
  const rows = verdicts.map(({ name, about, harm, quietLoad, attackedLoad, grownBytes }) => {
    const { websocket, polling } = harm;
    return [
      `\`${name}\``,
      about,
      `${ms(websocket.quietMs)} → ${ms(websocket.attackedMs)}`,
      ratio(websocket.ratio),
      `${ms(polling.quietMs)} → ${ms(polling.attackedMs)}`,
      ratio(polling.ratio),
      `${percent(quietLoad)} → ${percent(attackedLoad)}`,
      `${(grownBytes / 1e6).toFixed(1)} MB`,
    ];
  });
  const head = [
    ...["attack", "what it does", "WebSocket p99", "ratio", "polling p99", "ratio"],
    ...["server's processor", "memory after"],
  ];
  const all = [head, head.map(() => "---"), ...rows];
  return all.map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

/** For those who watch a run. */
export function describe({
  name,
  harm,
  attackedLoad,
  attackerLoad,
  wrongs,
  tally,
}: Verdict): string {
  const { websocket, polling } = harm;
  const happened = Object.entries(tally).map(([what, times]) => `${what} ${times}`);
  return [
    `${name}: WebSocket ${ms(websocket.quietMs)} → ${ms(websocket.attackedMs)} (${ratio(websocket.ratio)}), ` +
      `polling ${ms(polling.quietMs)} → ${ms(polling.attackedMs)} (${ratio(polling.ratio)})`,
    `  server ${percent(attackedLoad)}, attackers ${percent(attackerLoad)} of a processor; ${happened.join(", ")}`,
    ...wrongs.map((wrong) => `  WRONG: ${wrong}`),
  ].join("\n");
}

function ms(value: number): string {
  return `${value < 10 ? value.toFixed(1) : value.toFixed(0)} ms`;
}

function ratio(value: number): string {
  return `${value.toFixed(2)}×`;
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}
