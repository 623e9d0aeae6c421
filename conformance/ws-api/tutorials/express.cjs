// Express and WebSockets on one port.
const express = require("express");
const http = require("node:http");
const WebSocket = require("ws");

const app = express();
app.get("/", (_req, res) => res.send("Hello World!"));

const server = http.createServer(app);
const wss = new WebSocket.Server({ server });

wss.on("connection", (ws) => {
  ws.on("message", (message) => {
    console.log("received: %s", message);
    ws.send(`Hello, you sent -> ${message}`);
  });
});

server.listen(0, async () => {
  const { port } = server.address();
  console.log(await (await fetch(`http://localhost:${port}/`)).text());
  const ws = new WebSocket(`ws://localhost:${port}`);
  ws.onopen = () => ws.send("hi");
  ws.onmessage = ({ data }) => {
    console.log(data);
    ws.close();
  };
  ws.onclose = () => {
    server.closeAllConnections();
    server.close(() => console.log("closed"));
  };
});
