/** All that is measured, of both levels. */
import type { LoadScenario, Scenario } from "./scenario.ts";
import { socketIoScenarios } from "./socket-io-scenarios.ts";
import { websocketScenarios } from "./websocket-scenarios.ts";

/** In the order of the tables. */
export const scenarios: readonly Scenario[] = [...websocketScenarios, ...socketIoScenarios];

/** Fails loudly on a name that does not exist: a scenario table is written by hand. */
export function loadScenario(name: string): LoadScenario {
  const found = scenarios.find((scenario) => scenario.name === name);
  if (found?.kind !== "load") throw new RangeError(`no load scenario is called ${name}`);
  return found;
}
