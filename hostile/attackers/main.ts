/**
 * The process that attacks. It is the least of all processes for the machine, so that those beside it
 * are slowed down by what the server makes of the attack, and not by the attacker's own work.
 */
import { setPriority } from "node:os";
import { type AttackName, attackOf } from "../attacks/index.ts";
import { Field, type Target } from "./field.ts";

/** What the process is told. */
export type AttackOrder =
  | { readonly begin: AttackName; readonly target: Target }
  | { readonly stop: true };

/** What befell an attack. */
export interface AttackTold {
  readonly tally: Readonly<Record<string, number>>;
  /** Time on the processor. */
  readonly processorMs: number;
}

const LEAST_PRIORITY = 19;
setPriority(LEAST_PRIORITY);

let field: Field | null = null;
let startedAt = process.cpuUsage();

process.on("message", (order: AttackOrder) => {
  if ("begin" in order) {
    startedAt = process.cpuUsage();
    field = new Field(order.target);
    attackOf(order.begin).begin(field);
    return;
  }
  field?.stop();
  const { user, system } = process.cpuUsage(startedAt);
  const tally = Object.fromEntries(field?.tally ?? []);
  process.send?.({ tally, processorMs: (user + system) / 1_000 } satisfies AttackTold);
});
process.on("disconnect", () => process.exit());
