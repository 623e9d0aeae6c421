// The other way with Express: the server that app.listen() returns.
import express from "express";
import { WebSocket, WebSocketServer } from "ws";

const app = express();
app.get("/status", (_req, res) => res.json({ clients: wss.clients.size }));
const server = app.listen(0, run);

const wss = new WebSocketServer({ noServer: true });
wss.on("connection", (socket) => {
  socket.on("message", (message) => socket.send(String(message).toUpperCase()));
});
server.on("upgrade", (request, socket, head) => {
  wss.handleUpgrade(request, socket, head, (websocket) => {
    wss.emit("connection", websocket, request);
  });
});

function run() {
  const { port } = server.address();
  const client = new WebSocket(`ws://127.0.0.1:${port}/anywhere`);
  client.addEventListener("open", () => client.send("shout"));
  client.addEventListener("message", async (event) => {
    console.log(event.data);
    console.log(await (await fetch(`http://127.0.0.1:${port}/status`)).json());
    client.close();
  });
  client.addEventListener("close", () => {
    server.closeAllConnections();
    server.close();
  });
}
