// Multiple servers sharing a single HTTP server, from the README of ws.
import { createServer } from "node:http";
import { WebSocket, WebSocketServer } from "ws";

const server = createServer();
const wss1 = new WebSocketServer({ noServer: true });
const wss2 = new WebSocketServer({ noServer: true });

wss1.on("connection", function connection(ws) {
  ws.on("error", console.error);
  ws.send("from foo");
});

wss2.on("connection", function connection(ws) {
  ws.on("error", console.error);
  ws.send("from bar");
});

server.on("upgrade", function upgrade(request, socket, head) {
  const { pathname } = new URL(request.url, "wss://base.url");

  if (pathname === "/foo") {
    wss1.handleUpgrade(request, socket, head, function done(ws) {
      wss1.emit("connection", ws, request);
    });
  } else if (pathname === "/bar") {
    wss2.handleUpgrade(request, socket, head, function done(ws) {
      wss2.emit("connection", ws, request);
    });
  } else {
    socket.destroy();
  }
});

server.listen(0, async () => {
  const base = `ws://localhost:${server.address().port}`;
  for (const path of ["/foo", "/bar?x=1", "/baz"]) {
    await new Promise((resolve) => {
      const ws = new WebSocket(base + path);
      ws.on("error", (error) => console.log(path, error.code));
      ws.on("message", (data) => {
        console.log(path, data.toString());
        ws.close();
      });
      ws.on("close", (code) => {
        console.log(path, "closed", code);
        resolve();
      });
    });
  }
  server.close();
});
