/** `websocket` (WebSocket-Node), as its README writes an echo server. */
import { createServer } from "node:http";
import websocket from "websocket";
import { announce, host, settings } from "./start.mjs";

const httpServer = createServer((_request, response) => response.writeHead(404).end());
const server = new websocket.server({
  httpServer,
  maxReceivedFrameSize: settings.maxPayloadBytes,
  maxReceivedMessageSize: settings.maxPayloadBytes,
});

const subscribers = new Set();

function send(connection, message) {
  if (message.type === "utf8") connection.sendUTF(message.utf8Data);
  else connection.sendBytes(message.binaryData);
}

server.on("request", (request) => {
  const connection = request.accept(null, request.origin);
  if (request.resource === "/subscribe") {
    subscribers.add(connection);
    connection.on("close", () => subscribers.delete(connection));
  } else if (request.resource === "/publish") {
    connection.on("message", (message) => {
      for (const subscriber of subscribers) send(subscriber, message);
    });
  } else {
    connection.on("message", (message) => send(connection, message));
  }
});

httpServer.listen(0, host, () => announce(httpServer.address().port));
