import type { Level } from "../levels.ts";
import type { MachineDescription } from "../machine.ts";
import type { ScenarioVerdict } from "../verdict.ts";

/** What one run of the bench has found of one level, as it is saved and reported. */
export interface Results {
  readonly level: Level;
  /** ISO 8601. */
  readonly startedAt: string;
  readonly durationMs: number;
  /** The version of the Node that ran the servers. */
  readonly node: string;
  readonly machine: MachineDescription;
  /** Why the two processes did not have a core each. */
  readonly warning?: string;
  readonly rounds: number;
  /** Every scenario and server of the level, in windows and rounds enough for a result. */
  readonly isComplete: boolean;
  readonly scenarios: readonly ScenarioVerdict[];
}
