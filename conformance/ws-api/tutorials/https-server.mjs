// External HTTPS server, from the README of ws; the paths of key and certificate are arguments.
import { readFileSync } from "node:fs";
import { createServer } from "node:https";
import WebSocket, { WebSocketServer } from "ws";

const server = createServer({
  cert: readFileSync(process.env.CERT),
  key: readFileSync(process.env.KEY),
});
const wss = new WebSocketServer({ server });

wss.on("connection", function connection(ws) {
  ws.on("error", console.error);

  ws.on("message", function message(data) {
    console.log("received: %s", data);
  });

  ws.send("something");
});

server.listen(0, function listening() {
  const ws = new WebSocket(`wss://localhost:${server.address().port}`, {
    rejectUnauthorized: false,
  });

  ws.on("error", console.error);

  ws.on("open", function open() {
    ws.send("All glory to WebSockets!");
  });
  ws.on("message", (data) => {
    console.log("client received: %s", data);
    ws.close();
  });
  ws.on("close", () => {
    wss.close();
    server.close();
  });
});
