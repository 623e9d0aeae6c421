// Server broadcast, as the README of ws has it: to all, and to all but the sender.
import WebSocket, { WebSocketServer } from "ws";

const wss = new WebSocketServer({ port: 0 });

wss.on("connection", function connection(ws) {
  ws.on("error", console.error);

  ws.on("message", function message(data, isBinary) {
    const others = data.toString().startsWith("others");
    wss.clients.forEach(function each(client) {
      if (others && client === ws) return;
      if (client.readyState === WebSocket.OPEN) {
        client.send(data, { binary: isBinary });
      }
    });
  });
});

const lines = [];

function join(name) {
  return new Promise((resolve) => {
    const ws = new WebSocket(`ws://localhost:${wss.address().port}`);
    ws.on("message", (data, isBinary) => {
      lines.push(`${name} got ${data} ${isBinary ? "binary" : "text"}`);
      if (lines.length === 5) done();
    });
    ws.on("open", () => resolve(ws));
  });
}

function done() {
  console.log(lines.sort().join("\n"));
  for (const client of wss.clients) client.terminate();
  wss.close();
}

wss.on("listening", async () => {
  const ann = await join("ann");
  await join("bob");
  await join("cid");
  ann.send("all of you");
  ann.send(Buffer.from("others only"));
});
