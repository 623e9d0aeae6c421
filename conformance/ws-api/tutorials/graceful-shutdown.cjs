// On SIGTERM: tell everyone, wait for them, then end.
const http = require("node:http");
const { WebSocketServer, WebSocket } = require("ws");

const server = http.createServer((_req, res) => res.end("ok"));
const wss = new WebSocketServer({ server, path: "/live", clientTracking: true });

wss.on("connection", (ws) => ws.send("ready"));

process.on("SIGTERM", () => {
  console.log("SIGTERM");
  for (const ws of wss.clients) ws.close(1001, "server is going away");
  wss.close(() => {
    console.log("no more sockets", wss.clients.size);
    server.closeAllConnections();
    server.close(() => console.log("no more server"));
  });
});

server.listen(0, () => {
  let ready = 0;
  for (let index = 0; index < 3; index++) {
    const ws = new WebSocket(`ws://127.0.0.1:${server.address().port}/live`);
    ws.on("message", () => {
      ready += 1;
      if (ready === 3) process.kill(process.pid, "SIGTERM");
    });
    ws.on("close", (code, reason) => console.log("client", code, reason.toString()));
  }
});
