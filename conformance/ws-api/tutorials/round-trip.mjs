// Round-trip time, from the README of ws: a number is sent, and subtracted as it comes back.
import WebSocket, { WebSocketServer } from "ws";

const wss = new WebSocketServer({ port: 0 });
wss.on("connection", (ws) => ws.on("message", (data) => ws.send(data)));

wss.on("listening", () => {
  const ws = new WebSocket(`ws://localhost:${wss.address().port}`);

  ws.on("error", console.error);

  ws.on("open", function open() {
    console.log("connected");
    ws.send(Date.now());
  });

  ws.on("close", function close() {
    console.log("disconnected");
  });

  let rounds = 0;
  ws.on("message", function message(data) {
    const ms = Date.now() - data;
    console.log("Round-trip time is a number:", ms >= 0 && ms < 60_000);
    rounds += 1;
    if (rounds < 3) {
      setTimeout(function timeout() {
        ws.send(Date.now());
      }, 5);
    } else {
      ws.close();
      wss.close();
    }
  });
});
