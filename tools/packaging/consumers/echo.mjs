// The first example of most tutorials: a server that echoes, and a client.
import { WebSocket, WebSocketServer } from "@openline/websocket";

const server = new WebSocketServer({ port: 0 });

server.on("connection", (socket) => {
  socket.on("error", console.error);
  socket.on("message", (data, isBinary) => {
    socket.send(isBinary ? data : `echo: ${data}`);
  });
});

server.on("listening", () => {
  const client = new WebSocket(`ws://127.0.0.1:${server.address().port}`);
  client.on("error", console.error);
  client.on("open", () => client.send("hello"));
  client.on("message", (data, isBinary) => {
    if (isBinary) {
      console.log("binary", [...data]);
      client.close(1000, "done");
    } else {
      console.log("text", data.toString());
      client.send(new Uint8Array([1, 2, 3]));
    }
  });
  client.on("close", (code, reason) => {
    console.log("close", code, reason.toString());
    server.close(() => console.log("server closed"));
  });
});
