/** What a scenario may be. */
import type { ContenderName, Level } from "./levels.ts";
import type { PayloadShape } from "./payloads.ts";

/** A ratio to another contender in the same run: CPU for each message, memory, or p99 latency. */
export interface Goal {
  readonly against: ContenderName;
  readonly atMost: number;
}

interface Common {
  readonly level: Level;
  /** Short, for `--only` and for results. */
  readonly name: string;
  readonly title: string;
  readonly goals: readonly Goal[];
  /** Contenders that cannot do it. */
  readonly without?: readonly ContenderName[];
}

/** A fixed number of messages under way: what does each cost the server? */
export interface LoadScenario extends Common {
  readonly kind: "load";
  readonly mode: "echo" | "fanout" | "handshake" | "polling";
  /** What is counted. */
  readonly unit: "message" | "delivery" | "handshake" | "connection";
  readonly connections: number;
  readonly inFlight: number;
  readonly payload?: PayloadShape;
  readonly deflate?: boolean;
  /** Longer where one message takes long, so that a window holds many. */
  readonly windowFactor?: number;
}

/** A fixed rate, the same for all: how long does a message take from the time it was due? */
export interface LatencyScenario extends Common {
  readonly kind: "latency";
  /** The load scenario in which the yardstick shows how much it can do. */
  readonly paceOf: string;
  /** The share of that which is offered to all. */
  readonly share: number;
}

/** Many open connections without a message: how much memory does each hold? */
export interface MemoryScenario extends Common {
  readonly kind: "memory";
  readonly connections: number;
}

export type Scenario = LoadScenario | LatencyScenario | MemoryScenario;
