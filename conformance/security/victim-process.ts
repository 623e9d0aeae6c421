/**
 * The server that is attacked, in a process of its own, so that what an attack does to it can be
 * seen: whether it lives, what reached nobody, its descriptors, its memory.
 *
 * Its first argument is the server's options as JSON. Messages go back as they came; a message
 * that begins with "flood:" and a number is answered with that many kilobytes instead.
 */
import { once } from "node:events";
import { readdirSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { type ServerOptions, type WebSocket, WebSocketServer } from "@openline/websocket";
import type { Question, Told, Vitals } from "./vitals.ts";

interface VictimOptions extends ServerOptions {
  /** What `backpressure.policy` decides by itself: the function counts its calls. */
  policyFunction?: "close" | "drop" | "queue";
  /** Listens by itself, as with the option `port`. */
  ownPort?: boolean;
}

const unhandled: string[] = [];
process.on("uncaughtException", (error) => unhandled.push(String(error)));
process.on("unhandledRejection", (error) => unhandled.push(String(error)));

const { policyFunction, ownPort, ...options } = JSON.parse(
  process.argv[2] ?? "{}",
) as VictimOptions;
let policyCalls = 0;
let drains = 0;
const errors: string[] = [];

if (policyFunction !== undefined) {
  const policy = (): "close" | "drop" | "queue" => {
    policyCalls += 1;
    return policyFunction;
  };
  options.backpressure = { ...options.backpressure, policy };
}

// A route of the application's own beside the WebSocket.
const http = createServer((_request, response) => response.end("a page"));
const server = new WebSocketServer(
  ownPort === true
    ? { ...options, port: 0, host: "127.0.0.1" }
    : { ...options, server: http.listen(0, "127.0.0.1") },
);
const kilobyte = "x".repeat(1024);

server.on("connection", (socket: WebSocket) => {
  socket.on("error", (error: Error & { code?: string }) => errors.push(error.code ?? ""));
  socket.on("drain", () => {
    drains += 1;
  });
  socket.on("message", (data, isBinary) => {
    const text = isBinary ? "" : data.toString();
    if (!text.startsWith("flood:")) socket.send(data, { binary: isBinary });
    else
      for (let sent = 0; sent < Number(text.slice(6)); sent += 64) socket.send(kilobyte.repeat(64));
  });
});

function vitals(): Vitals {
  globalThis.gc?.();
  const { heapUsed, external, rss } = process.memoryUsage();
  return {
    unhandled,
    errors,
    policyCalls,
    drains,
    clients: server.clients.size,
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
  if (question === "forget") errors.length = 0;
});
process.on("disconnect", () => process.exit());

await once(server, "listening");
tell({ port: (server.address() as AddressInfo).port });
