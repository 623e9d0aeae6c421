// How to detect and close broken connections, from the README of ws, on a faster clock.
import { connect } from "node:net";
import WebSocket, { WebSocketServer } from "ws";

function heartbeat() {
  this.isAlive = true;
}

const wss = new WebSocketServer({ port: 0 });

wss.on("connection", function connection(ws, req) {
  ws.isAlive = true;
  ws.on("error", console.error);
  ws.on("pong", heartbeat);
  ws.on("close", (code) => {
    console.log("terminated", req.headers["x-name"] ?? "the live one", code);
    if (req.headers["x-name"] === "dead") finish();
  });
});

const interval = setInterval(function ping() {
  // biome-ignore lint/suspicious/useIterableCallbackReturn: as it stands in the README
  wss.clients.forEach(function each(ws) {
    if (ws.isAlive === false) return ws.terminate();

    ws.isAlive = false;
    ws.ping();
  });
}, 150);

wss.on("close", function close() {
  clearInterval(interval);
  console.log("server closed");
});

let live;
let pings = 0;

wss.on("listening", () => {
  const { port } = wss.address();
  live = new WebSocket(`ws://localhost:${port}`);
  live.on("ping", () => {
    pings += 1;
  });
  // A peer that never answers a ping.
  const dead = connect(port, "127.0.0.1");
  dead.on("error", () => {});
  dead.write(
    "GET / HTTP/1.1\r\nHost: localhost\r\nX-Name: dead\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n",
  );
});

function finish() {
  console.log("live is", live.readyState === WebSocket.OPEN ? "open" : "lost", pings > 0);
  live.close();
  live.on("close", () => wss.close());
}
