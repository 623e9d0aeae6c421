// What goes beyond ws, typed.
import { WebSocket, WebSocketServer } from "@openline/websocket";

const server = new WebSocketServer({
  port: 0,
  heartbeat: { intervalMs: 25_000, timeoutMs: 20_000 },
  backpressure: { maxBytes: 1_048_576, policy: (_socket, _data) => "drop" },
  origins: ["https://example.com"],
  maxConnections: 10_000,
  maxConnectionsPerAddress: 100,
  handshakeTimeout: 10_000,
  messageTimeout: 60_000,
});

server.on("connection", async (socket) => {
  socket.subscribe("news");
  const topics: ReadonlySet<string> = socket.topics;
  socket.on("drain", () => topics.has("news"));
  for await (const { data, isBinary } of socket) {
    const kind: boolean = isBinary;
    server.broadcast(data, { binary: kind, except: socket });
    socket.publish("news", data);
  }
  socket.unsubscribe("news");
});

server.publish("news", "one for all", { except: [] });
const done: Promise<void> = server.shutdown({ graceMs: 1000, code: 1012 });
done.then(() => new WebSocket("ws://127.0.0.1:1"));

// @ts-expect-error a policy is one of the known words, or a function
new WebSocketServer({ port: 0, backpressure: { policy: "panic" } });
// @ts-expect-error an exact origin is text, a pattern is refused
new WebSocketServer({ port: 0, origins: [/example/] });
// @ts-expect-error a topic is text
server.publish(7, "text");
