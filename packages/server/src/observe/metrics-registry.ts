import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";
import { listen } from "./channels.ts";
import type { Traffic } from "./traffic.ts";

/** What is counted when somebody asks. */
export interface MetricsSource {
  /** Connections by their transports. */
  connections(): Iterable<readonly [transport: string, count: number]>;
  namespaces(): Iterable<NamespaceFigures>;
  readonly traffic: Traffic;
}

/** What a namespace has. */
export interface NamespaceFigures {
  readonly name: string;
  readonly sockets: number;
  readonly rooms: number;
  /** Sessions whose clients are away and may come back. */
  readonly away: number;
  /** Clients that are being sent what they missed, or wait for it. */
  readonly replays: number;
}

export interface MetricsOptions {
  /** Where they are registered. Default: a registry of their own. */
  readonly registry?: Registry | undefined;
  /** Of all names. Default "openline_". */
  readonly prefix?: string | undefined;
  /** Whether those of the process are there, too: CPU, memory, the event loop's delay. Default true. */
  readonly process?: boolean | undefined;
}

/** From a memory log to a disk in trouble, in seconds. */
const commitBuckets = [0.0001, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 2.5];
const replayBuckets = [0.001, 0.01, 0.1, 0.5, 1, 5, 30, 120];

/** Makes the metrics of a server; what it returns with them ends the listening. */
export function makeMetrics(
  source: MetricsSource,
  options: MetricsOptions,
): { registry: Registry; close(): void } {
  const { prefix = "openline_", registry = new Registry() } = options;
  const registers = [registry];
  if (options.process !== false) collectDefaultMetrics({ register: registry });
  gauges(source, prefix, registers);
  counters(source.traffic, prefix, registers);
  const endings = [...events(prefix, registers)];
  return {
    registry,
    close: () => {
      for (const end of endings) end();
    },
  };
}

function gauges(source: MetricsSource, prefix: string, registers: Registry[]): void {
  new Gauge({
    name: `${prefix}connections`,
    help: "Connections that are open",
    labelNames: ["transport"],
    registers,
    collect() {
      this.reset();
      for (const [transport, count] of source.connections()) this.set({ transport }, count);
    },
  });
  const figures: readonly [name: keyof NamespaceFigures & string, help: string][] = [
    ["sockets", "Clients that are connected to a namespace"],
    ["rooms", "Rooms that somebody is in"],
    ["away", "Sessions whose clients are away and may come back"],
    ["replays", "Clients that are being sent what they missed, or wait for it"],
  ];
  for (const [figure, help] of figures) {
    new Gauge({
      name: `${prefix}${figure}`,
      help,
      labelNames: ["namespace"],
      registers,
      collect() {
        this.reset();
        for (const namespace of source.namespaces()) {
          this.inc({ namespace: namespace.name }, namespace[figure] as number);
        }
      },
    });
  }
}

/** Counted as they happen, and read when somebody asks. */
function counters(traffic: Traffic, prefix: string, registers: Registry[]): void {
  const all: readonly [name: string, help: string, read: () => number][] = [
    ["received_messages", "Packets from clients", () => traffic.receivedMessages],
    [
      "received_bytes",
      "Their payloads: bytes, and characters of texts",
      () => traffic.receivedBytes,
    ],
    ["sent_messages", "Packets to clients", () => traffic.sentMessages],
    ["sent_bytes", "Their payloads: bytes, and characters of texts", () => traffic.sentBytes],
    ["dropped_messages", "Left out for clients that were behind", () => traffic.droppedMessages],
    ["dropped_bytes", "Their payloads", () => traffic.droppedBytes],
  ];
  for (const [name, help, read] of all) {
    new Counter({
      name: `${prefix}${name}_total`,
      help,
      registers,
      collect() {
        this.reset();
        this.inc(read());
      },
    });
  }
}

function* events(prefix: string, registers: Registry[]): Generator<() => void> {
  const connected = new Counter({
    name: `${prefix}connected_total`,
    help: "Clients that have connected to a namespace",
    labelNames: ["recovered"],
    registers,
  });
  yield listen("connected", ({ recovered }) => connected.inc({ recovered: String(recovered) }));
  const disconnected = new Counter({
    name: `${prefix}disconnected_total`,
    help: "Clients that are gone, by the reason",
    labelNames: ["reason"],
    registers,
  });
  yield listen("disconnected", ({ reason }) => disconnected.inc({ reason }));
  const refused = new Counter({
    name: `${prefix}refused_total`,
    help: "Handshakes, connections and requests that were refused, by the code",
    labelNames: ["what", "code"],
    registers,
  });
  yield listen("refused", ({ what, code }) => refused.inc({ what, code }));
  const commit = new Histogram({
    name: `${prefix}log_commit_seconds`,
    help: "From a publish until it is stored",
    labelNames: ["durability"],
    buckets: commitBuckets,
    registers,
  });
  const logged = new Counter({
    name: `${prefix}logged_messages_total`,
    help: "Messages that were published in durable rooms; code is empty where they were stored",
    labelNames: ["code"],
    registers,
  });
  yield listen("appended", ({ durability, durationMs, messages, code }) => {
    commit.observe({ durability }, durationMs / 1_000);
    logged.inc({ code: code ?? "" }, messages);
  });
  const replayed = new Histogram({
    name: `${prefix}replay_seconds`,
    help: "From a client's return until it has all that it missed",
    buckets: replayBuckets,
    registers,
  });
  const replayedMessages = new Counter({
    name: `${prefix}replayed_messages_total`,
    help: "Messages that clients had missed",
    registers,
  });
  yield listen("replayed", ({ durationMs, messages }) => {
    replayed.observe(durationMs / 1_000);
    replayedMessages.inc(messages);
  });
}
