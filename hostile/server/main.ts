/**
 * The server that is attacked: Openline as it is unless told otherwise, but for what its argument says, as
 * JSON. Its own network counts as everybody else's, since the attackers are there.
 */
import { once } from "node:events";
import { readdirSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { Server, type ServerOptions } from "openline";
import { metrics } from "openline/metrics";
import type { ServerNeeds } from "../attacks/attack.ts";

export interface ServerSetup extends ServerNeeds {
  /** Heartbeats, so that whom nobody hears of is let go sooner. */
  readonly pingIntervalMs?: number;
  readonly pingTimeoutMs?: number;
}

/** What the server knows of itself. */
export interface Vitals {
  /** What reached `uncaughtException` or `unhandledRejection`, or was reported as an error of a handler. */
  readonly unhandled: readonly string[];
  readonly descriptors: number;
  readonly sessions: number;
  readonly sockets: number;
  readonly rooms: number;
  /** Sessions whose clients may come back. */
  readonly away: number;
  readonly namespaces: number;
  /** Heap and what lies outside of it, after a collection. */
  readonly memoryBytes: number;
  /** Time on the processor since the start. */
  readonly processorMs: number;
}

export interface ServerTold {
  readonly port?: number;
  readonly vitals?: Vitals;
}

const STORM_EVERY_MS = 50;
/** As a user may have it, and short enough to see that sessions are let go. */
const RECOVERY_MS = 3_000;

const unhandled: string[] = [];
process.on("uncaughtException", (error) => unhandled.push(error.stack ?? String(error)));
process.on("unhandledRejection", (error) => unhandled.push(String(error)));

const setup = JSON.parse(process.argv[2] ?? "{}") as ServerSetup;
const options: Partial<ServerOptions> = {
  limits: { connectionsPerAddress: 100 },
  perMessageDeflate: setup.perMessageDeflate === true,
  onError: (error) => unhandled.push(String(error)),
  ...(setup.pingIntervalMs !== undefined && { pingInterval: setup.pingIntervalMs }),
  ...(setup.pingTimeoutMs !== undefined && { pingTimeout: setup.pingTimeoutMs }),
  ...(setup.durable === true && {
    connectionStateRecovery: { maxDisconnectionDuration: RECOVERY_MS },
  }),
};

const http = createServer((_request, response) => response.writeHead(404).end());
const io = new Server(http, options);
const { registry } = metrics(io, { path: null, process: false });

io.on("connection", (socket) => {
  if (setup.durable === true && socket.handshake.auth.room === "storm") void socket.join("storm");
  socket.on("echo", (value: unknown, acknowledge: unknown) => {
    if (typeof acknowledge === "function") acknowledge(value);
    else socket.emit("echo", value);
  });
});

if (setup.durable === true) {
  io.rooms("storm", { delivery: "durable", history: { maxMessages: 1_000 } });
  setInterval(() => io.to("storm").emit("news", "x".repeat(100)), STORM_EVERY_MS);
}

async function gauge(name: string): Promise<number> {
  const metric = await registry.getSingleMetric(`openline_${name}`)?.get();
  return (metric?.values ?? []).reduce((sum, { value }) => sum + value, 0);
}

async function vitals(): Promise<Vitals> {
  for (const _ of [1, 2]) globalThis.gc?.();
  const { heapUsed, external } = process.memoryUsage();
  const { user, system } = process.cpuUsage();
  return {
    unhandled,
    descriptors: readdirSync("/proc/self/fd").length,
    sessions: io.engine.clientsCount,
    sockets: await gauge("sockets"),
    rooms: await gauge("rooms"),
    away: await gauge("away"),
    namespaces: io._nsps.size,
    memoryBytes: heapUsed + external,
    processorMs: (user + system) / 1_000,
  };
}

function tell(message: ServerTold): void {
  process.send?.(message);
}

process.on("message", () => void vitals().then((all) => tell({ vitals: all })));
process.on("disconnect", () => process.exit());

http.listen(0, "127.0.0.1");
await once(http, "listening");
tell({ port: (http.address() as AddressInfo).port });
