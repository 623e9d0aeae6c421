import type { EngineOptions } from "openline";
import { deviations } from "./deviations.ts";
import { PollingSession } from "./polling-session.ts";
import type { Session } from "./session.ts";
import { fixedOptions, path, type SubjectName, startSubject } from "./subject.ts";
import { type Address, type Requirement, requirementsOf } from "./suite.ts";
import { WebSocketSession } from "./websocket-session.ts";

/**
 * A test of one requirement of Engine.IO. A server that is not given from outside keeps the
 * default heartbeat unless the test is about it: on a busy machine the fixed one is short.
 */
export const requires: Requirement<EngineOptions> = requirementsOf<EngineOptions>({
  implementations: ["engine.io", "openline"],
  deviations,
  path,
  start: (name, options) => startSubject(name as SubjectName, options), // one of those above
});

/** The same with the fixed, quick heartbeat. */
export const requiresBeating: Requirement<EngineOptions> = requirementsOf<EngineOptions>({
  implementations: ["engine.io", "openline"],
  deviations,
  isConcurrent: true,
  path,
  start: (name, options) => startSubject(name as SubjectName, { ...fixedOptions, ...options }),
});

interface OpenOptions {
  /** Default true. */
  readonly answersPings?: boolean;
}

type Open = (address: Address, options?: OpenOptions) => Promise<Session>;

export const transports: readonly (readonly ["polling" | "websocket", Open])[] = [
  ["polling", (address, options) => PollingSession.open(address, options)],
  ["websocket", (address, options) => WebSocketSession.open(address, options)],
];

/** A test of a requirement by either transport. */
export function requiresOfBoth(
  section: string,
  text: (transport: string) => string,
  test: (open: Open, address: Address) => Promise<void>,
  over: Requirement<EngineOptions> = requires,
  options?: EngineOptions,
): void {
  for (const [transport, open] of transports) {
    over(`${section}: ${text(transport)}`, (address) => test(open, address), options);
  }
}
