import { appendContract } from "./log-contract-append.ts";
import { readContract } from "./log-contract-read.ts";
import { sessionContract } from "./log-contract-sessions.ts";
import type { ContractCase } from "./log-contract-tools.ts";
import { upkeepContract } from "./log-contract-upkeep.ts";

export type { ContractCase } from "./log-contract-tools.ts";

/**
 * What every log promises (see `Log`), for any test runner: a case fails by throwing.
 *
 * ```ts
 * for (const { name, run } of logContract) test(name, () => run(() => myLog({ path: newFolder() })));
 * ```
 *
 * Each case needs a place of its own; a case that calls `open` again has closed the store that it
 * had, and finds there what it left, if the store is persistent.
 */
export const logContract: readonly ContractCase[] = [
  ...appendContract,
  ...readContract,
  ...upkeepContract,
  ...sessionContract,
];
