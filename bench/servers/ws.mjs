/** `ws`, as its README writes an echo server and a broadcast. */
import { WebSocket, WebSocketServer } from "ws";
import { announce, host, settings } from "./start.mjs";

const server = new WebSocketServer({
  host,
  port: 0,
  maxPayload: settings.maxPayloadBytes,
  perMessageDeflate: settings.deflate ? { threshold: 0 } : false,
});

const subscribers = new Set();

server.on("connection", (socket, request) => {
  socket.on("error", console.error);
  if (request.url === "/subscribe") {
    subscribers.add(socket);
    socket.on("close", () => subscribers.delete(socket));
  } else if (request.url === "/publish") {
    socket.on("message", (data, isBinary) => {
      for (const subscriber of subscribers) {
        if (subscriber.readyState === WebSocket.OPEN) subscriber.send(data, { binary: isBinary });
      }
    });
  } else {
    socket.on("message", (data, isBinary) => socket.send(data, { binary: isBinary }));
  }
});

server.on("listening", () => announce(server.address().port));
