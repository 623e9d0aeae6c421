// The client's half of it: no ping for a while means that the line is dead.
import WebSocket, { WebSocketServer } from "ws";

const wss = new WebSocketServer({ port: 0 });
wss.on("connection", (ws) => {
  ws.ping();
  setTimeout(() => ws.ping(), 20);
  // … and then nothing more.
});

function heartbeat() {
  clearTimeout(this.pingTimeout);

  this.pingTimeout = setTimeout(() => {
    console.log("no ping: terminate");
    this.terminate();
  }, 200);
}

wss.on("listening", () => {
  const client = new WebSocket(`ws://localhost:${wss.address().port}/`);

  client.on("error", console.error);
  client.on("open", heartbeat);
  client.on("ping", heartbeat);
  client.on("close", function clear(code) {
    clearTimeout(this.pingTimeout);
    console.log("closed", code);
    wss.close();
  });
});
