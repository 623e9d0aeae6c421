// One server, two versions of a protocol.
import { WebSocket, WebSocketServer } from "ws";

const wss = new WebSocketServer({
  port: 0,
  handleProtocols: (protocols) => {
    if (protocols.has("v2.json")) return "v2.json";
    if (protocols.has("v1.json")) return "v1.json";
    return false;
  },
});

wss.on("connection", (ws) => {
  if (!ws.protocol) ws.close(1002, "speak v1 or v2");
  else ws.send(JSON.stringify({ version: ws.protocol }));
});

wss.on("listening", async () => {
  for (const offered of [["v1.json"], ["v1.json", "v2.json"], []]) {
    const ws = new WebSocket(`ws://localhost:${wss.address().port}`, offered);
    await new Promise((resolve) => {
      ws.on("message", (data) => {
        console.log(offered, JSON.parse(data), ws.protocol);
        ws.close();
      });
      ws.on("close", (code, reason) => {
        console.log(code, `${reason}`);
        resolve();
      });
    });
  }
  wss.close();
});
