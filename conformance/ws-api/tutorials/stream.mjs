// Use the Node.js streams API: files in, files out.
import { createReadStream } from "node:fs";
import { pipeline } from "node:stream/promises";
import WebSocket, { createWebSocketStream, WebSocketServer } from "ws";

const wss = new WebSocketServer({ port: 0 });

wss.on("connection", (ws) => {
  const duplex = createWebSocketStream(ws);
  duplex.on("error", console.error);
  duplex.pipe(duplex);
});

wss.on("listening", async () => {
  const ws = new WebSocket(`ws://localhost:${wss.address().port}`);
  const duplex = createWebSocketStream(ws, { encoding: "utf8" });
  duplex.on("error", console.error);

  let text = "";
  duplex.on("data", (chunk) => {
    text += chunk;
    if (text.includes("THE END")) {
      console.log(text.startsWith("{"), text.endsWith("THE END"), text.includes('"workspaces"'));
      duplex.end();
      wss.close(() => console.log("closed"));
    }
  });
  await pipeline(createReadStream("package.json"), duplex, { end: false });
  duplex.write("THE END");
});
