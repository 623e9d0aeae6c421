// A TypeScript program of the kind that is written for ws, as a CommonJS module.
import WebSocket = require("@openline/websocket");

const server = new WebSocket.Server({ port: 0 });
const other = new WebSocket.WebSocketServer({ noServer: true });

server.on("connection", (socket, request) => {
  const address: string | undefined = request.socket.remoteAddress;
  socket.on("message", (data, isBinary) => {
    const size: number = data.toString().length;
    for (const client of server.clients) {
      if (client !== socket && client.readyState === WebSocket.OPEN) {
        client.send(data as Buffer, { binary: isBinary });
      }
    }
    socket.send(`${address} ${size}`);
  });
});

const client: WebSocket = new WebSocket("ws://127.0.0.1:1");
const stream = WebSocket.createWebSocketStream(client);
stream.on("error", () => other.close());

// @ts-expect-error the close code is a number
client.close("1000");
