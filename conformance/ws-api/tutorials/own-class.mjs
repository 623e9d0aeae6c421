// A class of one's own for every connection, and async handlers.
import { once } from "node:events";
import WebSocket, { WebSocketServer } from "ws";

class Player extends WebSocket {
  constructor(address, protocols, options) {
    super(address, protocols, options);
    this.score = 0;
    this.limit = options.maxPayload;
  }

  win(points) {
    this.score += points;
    this.send(JSON.stringify({ score: this.score }));
  }
}

const wss = new WebSocketServer({ port: 0, WebSocket: Player, maxPayload: 2048 });
wss.on("connection", async (player) => {
  player.on("message", (points) => player.win(Number(points)));
  await once(player, "close");
  console.log("final score", player.score, player.limit);
  wss.close();
});

await once(wss, "listening");
const ws = new WebSocket(`ws://localhost:${wss.address().port}`);
await once(ws, "open");
for (const points of [3, 4]) {
  ws.send(points);
  const [data, isBinary] = await once(ws, "message");
  console.log(JSON.parse(data), isBinary);
}
ws.close();
