/**
 * The Socket.IO server that is attacked, in a process of its own, so that what an attack does to it
 * can be seen. Its arguments are the server's name and its options as JSON.
 *
 * Each event `echo` comes back as it came, and is acknowledged where that was asked for.
 */
import { once } from "node:events";
import { readdirSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { ServerOptions } from "openline";
import type { Question } from "../security/vitals.ts";
import { implementations } from "../socket-io-implementations.ts";
import type { SocketIoVitals, Told } from "./vitals.ts";

const unhandled: string[] = [];
process.on("uncaughtException", (error) => unhandled.push(String(error)));
process.on("unhandledRejection", (error) => unhandled.push(String(error)));

const [, , name, options = "{}"] = process.argv;
const implementation = implementations.find((each) => each.name === name);
if (implementation === undefined) throw new RangeError(`there is no server ${name}`);

/** What handlers were called with, and what they threw: counts alone, so as to hold nothing. */
let handled = 0;
let reported = 0;
const http = createServer((_request, response) => response.writeHead(404).end());
const io = new implementation.Server(http, {
  ...(JSON.parse(options) as Partial<ServerOptions>),
  onError: () => {
    reported += 1;
  },
});
// Decides in a later turn.
io.of("/slow").use((_socket, next) => setImmediate(next));
for (const namespace of [io.of("/"), io.of("/n"), io.of("/slow")]) {
  namespace.on("connection", (socket) => {
    socket.on("echo", (...args: unknown[]) => {
      handled += 1;
      const acknowledge = args.at(-1);
      if (typeof acknowledge === "function") acknowledge(...args.slice(0, -1));
      else socket.emit("echo", ...args);
    });
  });
}

function vitals(): SocketIoVitals {
  globalThis.gc?.();
  const { heapUsed, external, rss } = process.memoryUsage();
  return {
    unhandled,
    handled,
    reported,
    clients: io.engine.clientsCount,
    namespaces: io._nsps.size,
    polluted: Object.keys(Object.prototype),
    descriptors: readdirSync("/proc/self/fd").length,
    memoryBytes: heapUsed + external,
    residentBytes: rss,
  };
}

function tell(message: Told): void {
  process.send?.(message);
}

process.on("message", (question: Question) => {
  if (question === "vitals") tell({ vitals: vitals() });
});
process.on("disconnect", () => process.exit());

http.listen(0, "127.0.0.1");
await once(http, "listening");
tell({ port: (http.address() as AddressInfo).port });
