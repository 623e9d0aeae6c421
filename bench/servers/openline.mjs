/** Openline, as its README writes an echo server and a topic. */
import { WebSocketServer } from "@openline/websocket";
import { announce, host, settings } from "./start.mjs";

const server = new WebSocketServer({
  host,
  port: 0,
  maxPayload: settings.maxPayloadBytes,
  perMessageDeflate: settings.deflate ? { threshold: 0 } : false,
  // The largest echo is 1 MiB; the default would call its frame one too many for a slow reader.
  backpressure: { maxBytes: settings.maxPayloadBytes, policy: "close" },
});

server.on("connection", (socket, request) => {
  socket.on("error", console.error);
  if (request.url === "/subscribe") {
    socket.subscribe("news");
  } else if (request.url === "/publish") {
    socket.on("message", (data, isBinary) => server.publish("news", data, { binary: isBinary }));
  } else {
    socket.on("message", (data, isBinary) => socket.send(data, { binary: isBinary }));
  }
});

server.on("listening", () => announce(server.address().port));
