/** What is measured, and what Openline aims at. */
import type { ContenderName, Level } from "./levels.ts";
import type { PayloadShape } from "./payloads.ts";
import { socketIoScenarios } from "./socket-io-scenarios.ts";

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

const shortText: PayloadShape = { kind: "text", bytes: 32, count: 64 };
const news: PayloadShape = { kind: "text", bytes: 64, count: 64 };

const websocketScenarios: readonly Scenario[] = [
  {
    level: "websocket",
    kind: "load",
    name: "echo-32b-1",
    title: "Echo, 32 B text, 64 connections, 1 in flight",
    mode: "echo",
    unit: "message",
    connections: 64,
    inFlight: 1,
    payload: shortText,
    goals: [{ against: "ws", atMost: 0.4 }],
  },
  {
    level: "websocket",
    kind: "load",
    name: "echo-32b-16",
    title: "Echo, 32 B text, 64 connections, 16 in flight",
    mode: "echo",
    unit: "message",
    connections: 64,
    inFlight: 16,
    payload: shortText,
    goals: [{ against: "ws", atMost: 0.08 }],
  },
  {
    level: "websocket",
    kind: "load",
    name: "echo-4k",
    title: "Echo, 4 KiB text, 64 connections, 4 in flight",
    mode: "echo",
    unit: "message",
    connections: 64,
    inFlight: 4,
    payload: { kind: "text", bytes: 4096, count: 16 },
    goals: [{ against: "ws", atMost: 0.35 }],
  },
  {
    level: "websocket",
    kind: "load",
    name: "echo-64k",
    title: "Echo, 64 KiB binary, 8 connections, 1 in flight",
    mode: "echo",
    unit: "message",
    connections: 8,
    inFlight: 1,
    payload: { kind: "binary", bytes: 65536, count: 4 },
    goals: [{ against: "ws", atMost: 0.8 }],
  },
  {
    level: "websocket",
    kind: "load",
    name: "echo-1m",
    title: "Echo, 1 MiB binary, 4 connections, 1 in flight",
    mode: "echo",
    unit: "message",
    connections: 4,
    inFlight: 1,
    payload: { kind: "binary", bytes: 1048576, count: 2 },
    goals: [{ against: "ws", atMost: 0.8 }],
  },
  {
    level: "websocket",
    kind: "load",
    name: "fanout-1",
    title: "Fan-out, 64 B text to 1,000 subscribers, 1 in flight",
    mode: "fanout",
    unit: "delivery",
    connections: 1000,
    inFlight: 1,
    payload: news,
    goals: [{ against: "ws", atMost: 0.65 }],
  },
  {
    level: "websocket",
    kind: "load",
    name: "fanout-16",
    title: "Fan-out, 64 B text to 1,000 subscribers, 16 in flight",
    mode: "fanout",
    unit: "delivery",
    connections: 1000,
    inFlight: 16,
    payload: news,
    goals: [
      { against: "ws", atMost: 0.045 },
      { against: "bun", atMost: 1.1 },
    ],
  },
  {
    level: "websocket",
    kind: "load",
    name: "fanout-deflate",
    title: "Compressed fan-out, 1 KiB JSON to 1,000 subscribers, 16 in flight",
    mode: "fanout",
    unit: "delivery",
    connections: 1000,
    inFlight: 16,
    payload: { kind: "json", bytes: 1024, count: 16 },
    deflate: true,
    windowFactor: 2,
    without: ["net", "websocket", "floor"],
    goals: [{ against: "ws", atMost: 0.02 }],
  },
  {
    level: "websocket",
    kind: "load",
    name: "handshake",
    title: "Handshake, connect + upgrade + close, 32 at a time",
    mode: "handshake",
    unit: "handshake",
    connections: 32,
    inFlight: 1,
    goals: [{ against: "ws", atMost: 0.55 }],
  },
  {
    level: "websocket",
    kind: "memory",
    name: "memory",
    title: "Memory, each of 5,000 idle connections beside 2,000 others",
    connections: 5000,
    goals: [{ against: "ws", atMost: 0.5 }],
  },
  {
    level: "websocket",
    kind: "latency",
    name: "latency-echo",
    title: "Latency of echo, 32 B text at 60 % of what ws can do",
    paceOf: "echo-32b-1",
    share: 0.6,
    goals: [{ against: "ws", atMost: 1 }],
  },
  {
    level: "websocket",
    kind: "latency",
    name: "latency-fanout",
    title: "Latency of fan-out, 64 B text at 60 % of what ws can do",
    paceOf: "fanout-16",
    share: 0.6,
    goals: [{ against: "ws", atMost: 1 }],
  },
];

/** In the order of the tables. */
export const scenarios: readonly Scenario[] = [...websocketScenarios, ...socketIoScenarios];

/** Fails loudly on a name that does not exist: a scenario table is written by hand. */
export function loadScenario(name: string): LoadScenario {
  const found = scenarios.find((scenario) => scenario.name === name);
  if (found?.kind !== "load") throw new RangeError(`no load scenario is called ${name}`);
  return found;
}
