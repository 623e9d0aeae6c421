/**
 * A server under measurement: rooms of every kind, and handlers that stock clients speak to. It is
 * started by `bench/durable/*.ts`, with its options as JSON in its first argument, and asked by
 * messages between processes.
 */
import { createServer } from "node:http";
import { lmdbLog } from "@openline/lmdb";
import { memoryLog, Server } from "openline";

const inFlight = 4_096;
const memoryEveryMs = 10;

const { log, path, recovery, rules, keepsAll } = JSON.parse(process.argv[2] ?? "{}");

function makeLog() {
  if (log === "lmdb") return { log: lmdbLog({ path }) };
  if (log === "memory") return { log: memoryLog() };
  return {};
}

const httpServer = createServer();
// A load generator sends more than any client may: the limits are there, and far away.
const much = { perSecond: 1e9, burst: 1e9 };
const io = new Server(httpServer, {
  limits: { messagesPerSocket: much, bytesPerSocket: much },
  ...makeLog(),
  ...(recovery === undefined ? {} : { connectionStateRecovery: recovery }),
});
if (rules) {
  const { POSITIVE_INFINITY: all } = Number;
  const history = keepsAll ? { maxMessages: all, maxAgeMs: all } : {};
  const shared = { history, authorize: () => true };
  io.rooms("disk:*", { ...shared, delivery: "durable", durability: "disk" });
  io.rooms("process:*", { ...shared, delivery: "durable", durability: "process" });
  io.rooms("plain:*", { delivery: "ephemeral", authorize: () => true });
}

io.on("connection", (socket) => {
  const { rooms = [] } = socket.handshake.auth;
  if (!socket.recovered && rooms.length > 0) socket.join(rooms);
  socket.on("echo", (value) => socket.emit("echo", value));
  socket.on("say", (room, text) => io.to(room).emit("said", text));
});

let mostResident = 0;
let watch;

/** What the process has spent so far, in microseconds, and what it holds. */
function usage() {
  const { user, system } = process.cpuUsage();
  return {
    cpuMicroseconds: user + system,
    atMs: performance.now(),
    clients: io.engine.clientsCount,
  };
}

const acts = {
  usage,
  /** Resident bytes, once garbage is gone. */
  resident() {
    globalThis.gc?.();
    globalThis.gc?.();
    return process.memoryUsage.rss();
  },
  /** Resolves when no more clients than that are left. */
  async left(count) {
    while (io.engine.clientsCount > count) await new Promise((resolve) => setImmediate(resolve));
    return true;
  },
  watchMemory() {
    mostResident = process.memoryUsage.rss();
    watch = setInterval(() => {
      mostResident = Math.max(mostResident, process.memoryUsage.rss());
    }, memoryEveryMs);
    return true;
  },
  mostResident() {
    clearInterval(watch);
    return Math.max(mostResident, process.memoryUsage.rss());
  },
  /** Publishes a number of messages in each of the rooms, in turn; returns the epoch. */
  async publish({ rooms, count, text }) {
    let sent = 0;
    let epoch = "";
    const total = count * rooms.length;
    const one = async () => {
      while (sent < total) {
        const room = rooms[sent % rooms.length];
        sent += 1;
        ({ epoch } = await io.room(room).publish("said", text));
      }
    };
    await Promise.all(Array.from({ length: Math.min(inFlight, total) }, one));
    return epoch;
  },
  async close() {
    await io.close();
    return true;
  },
};

process.on("message", async ({ id, act, value }) => {
  try {
    process.send({ kind: "answer", id, value: await acts[act](value) });
  } catch (error) {
    process.send({ kind: "failure", id, message: `${act}: ${error.message}` });
  }
});
process.on("disconnect", () => process.exit(0));
httpServer.listen(0, "127.0.0.1", () =>
  process.send({ kind: "listening", port: httpServer.address().port }),
);
