/**
 * The server that is attacked, in a process of its own, so that what an attack does to it can be
 * seen: whether it lives, what reached nobody, its descriptors, its memory.
 *
 * Its first argument is the server's options as JSON. Messages go back as they came; a message
 * that begins with "flood:" and a number is answered with that many kilobytes instead.
 */
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { type ServerOptions, type WebSocket, WebSocketServer } from "@openline/websocket";
import { countDescriptors, takePeakBytes } from "./own-memory.ts";
import type { Question, Told, Vitals } from "./vitals.ts";

interface VictimOptions extends ServerOptions {
  /** What `backpressure.policy` decides by itself: the function counts its calls. */
  policyFunction?: "close" | "drop" | "queue";
  /** Listens by itself, as with the option `port`. */
  ownPort?: boolean;
  /** Has a `verifyClient` that never answers those who ask for `/undecided`. */
  isUndecided?: boolean;
  /** Has an `origins` that throws for what is no URL, as many a function of users does. */
  hasThrowingOrigins?: boolean;
}

const unhandled: string[] = [];
process.on("uncaughtException", (error) => unhandled.push(String(error)));
process.on("unhandledRejection", (error) => unhandled.push(String(error)));

const { policyFunction, ownPort, isUndecided, hasThrowingOrigins, ...options } = JSON.parse(
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
if (isUndecided === true) {
  options.verifyClient = ({ req }, callback) => {
    if (req.url !== "/undecided") callback(true);
  };
}
if (hasThrowingOrigins === true) {
  options.origins = (origin) => new URL(origin).hostname === "app.example.com";
}

// A route of the application's own beside the WebSocket.
const http = createServer((_request, response) => response.end("a page"));
const server = new WebSocketServer(
  ownPort === true
    ? { ...options, port: 0, host: "127.0.0.1" }
    : { ...options, server: http.listen(0, "127.0.0.1") },
);
const kilobyte = "x".repeat(1024);
let readBytesOfThePast = 0;
const sockets = new Set<Socket>();

server.on("connection", (_, request) => {
  const { socket } = request;
  sockets.add(socket);
  socket.on("close", () => {
    sockets.delete(socket);
    readBytesOfThePast += socket.bytesRead;
  });
});

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
  const peakBytes = takePeakBytes();
  const { user, system } = process.cpuUsage();
  globalThis.gc?.();
  const { heapUsed, external, rss } = process.memoryUsage();
  return {
    unhandled,
    errors,
    policyCalls,
    drains,
    clients: server.clients.size,
    descriptors: countDescriptors(),
    memoryBytes: heapUsed + external,
    residentBytes: rss,
    peakBytes,
    processorMs: (user + system) / 1_000,
    readBytes: [...sockets].reduce((sum, { bytesRead }) => sum + bytesRead, readBytesOfThePast),
  };
}

function tell(message: Told): void {
  process.send?.(message);
}

process.on("message", (question: Question) => {
  if (question === "vitals") tell({ vitals: vitals() });
});
process.on("disconnect", () => process.exit());

await once(server, "listening");
tell({ port: (server.address() as AddressInfo).port });
