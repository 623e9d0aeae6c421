// A client that comes back by itself, with a longer pause each time.
import { WebSocket, WebSocketServer } from "ws";

let wss = new WebSocketServer({ port: 0 }, start);
let port;
let attempt = 0;

function greet(ws) {
  ws.send("welcome");
}
wss.on("connection", greet);

function start() {
  port = wss.address().port;
  connect();
}

function connect() {
  const ws = new WebSocket(`ws://127.0.0.1:${port}`);
  ws.onmessage = ({ data }) => {
    console.log(data, "at attempt", attempt);
    if (attempt === 0) restart();
    else {
      ws.onclose = null;
      ws.close();
      wss.close();
    }
  };
  ws.onerror = ({ message }) => console.log("error:", message.split(" ")[1]);
  ws.onclose = (event) => {
    console.log("closed", event.code);
    attempt += 1;
    if (attempt === 2) {
      wss = new WebSocketServer({ port, host: "127.0.0.1" }, connect);
      wss.on("connection", greet);
    } else setTimeout(connect, 10 * attempt);
  };
}

function restart() {
  wss.close();
  for (const client of wss.clients) client.close(1012, "restart");
}
