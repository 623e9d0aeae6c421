// The first page of every tutorial: a server that answers, and a client that asks.
import WebSocket, { WebSocketServer } from "ws";

const wss = new WebSocketServer({ port: 0 });

wss.on("connection", function connection(ws) {
  ws.on("error", console.error);

  ws.on("message", function message(data) {
    console.log("received: %s", data);
    ws.send(`Hello, you sent -> ${data}`);
  });

  ws.send("Hi there, I am a WebSocket server");
});

wss.on("listening", () => {
  const ws = new WebSocket(`ws://localhost:${wss.address().port}`);

  ws.on("error", console.error);

  ws.on("open", function open() {
    ws.send("something");
  });

  let count = 0;
  ws.on("message", function message(data) {
    console.log("client received: %s", data);
    count += 1;
    if (count === 2) ws.close();
  });

  ws.on("close", function close(code) {
    console.log("disconnected", code);
    wss.close(() => console.log("server closed"));
  });
});
