/**
 * The server of a soak: everybody gets everything. `bench/soak/run.ts` starts it, and speaks with
 * it by messages between processes.
 */
import { monitorEventLoopDelay, performance } from "node:perf_hooks";
import { WebSocketServer } from "@openline/websocket";
import { payloadOf } from "./payload.mjs";

const nsPerMs = 1e6;
const server = new WebSocketServer({ host: "127.0.0.1", port: 0 });
/** Since the last sample, and since the start of the time that counts. */
const recentDelay = monitorEventLoopDelay({ resolution: 5 });
const steadyDelay = monitorEventLoopDelay({ resolution: 5 });
let sequence = 0;
let errors = 0;
let steadyCpu = process.cpuUsage();
let steadySince = performance.now();
let timer;
let send = () => {};

server.on("connection", (socket) => {
  socket.on("error", () => {
    errors += 1;
  });
});
server.on("listening", () => process.send({ kind: "listening", port: server.address().port }));

function sample() {
  const { rss, heapUsed, external } = process.memoryUsage();
  const delayP99Ms = recentDelay.percentile(99) / nsPerMs;
  recentDelay.reset();
  return { rss, heapUsed, external, delayP99Ms, connections: server.clients.size, sequence };
}

/** Memory once garbage is gone. */
function settled() {
  globalThis.gc?.();
  globalThis.gc?.();
  const { rss, heapUsed, external } = process.memoryUsage();
  return { rss, live: heapUsed + external };
}

function steady() {
  const { user, system } = process.cpuUsage(steadyCpu);
  const ms = performance.now() - steadySince;
  return {
    cpuShare: (user + system) / 1000 / ms,
    delayP99Ms: steadyDelay.percentile(99) / nsPerMs,
    delayMaxMs: steadyDelay.max / nsPerMs,
  };
}

const acts = {
  sample,
  settled,
  steady,
  errors: () => errors,
  /** Everything that is measured over time begins here. */
  begin() {
    steadyCpu = process.cpuUsage();
    steadySince = performance.now();
    steadyDelay.reset();
    return true;
  },
  broadcast({ seed, everyMs }) {
    send = () => {
      sequence += 1;
      server.broadcast(payloadOf(seed, sequence));
    };
    timer = setInterval(send, everyMs);
    return true;
  },
  /** One more message, which everybody who is connected must get; returns its number. */
  silence() {
    clearInterval(timer);
    send();
    return sequence;
  },
  async stop() {
    await server.shutdown({ graceMs: 10_000 });
    return true;
  },
};

recentDelay.enable();
steadyDelay.enable();
process.on("message", async ({ id, act, value }) => {
  process.send({ kind: "answer", id, value: await acts[act](value) });
});
process.on("disconnect", () => process.exit(0));
