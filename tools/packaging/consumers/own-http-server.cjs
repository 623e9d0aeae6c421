// One HTTP server, two WebSocket servers, as the documentation of ws shows it.
const { createServer } = require("node:http");
const { WebSocket, WebSocketServer, createWebSocketStream } = require("@openline/websocket");

const server = createServer((_request, response) => response.end("plain page"));
const upper = new WebSocketServer({ noServer: true });
const lower = new WebSocketServer({ noServer: true });
upper.on("connection", (socket) => {
  socket.on("message", (data) => socket.send(String(data).toUpperCase()));
});
lower.on("connection", (socket) => {
  socket.on("message", (data) => socket.send(String(data).toLowerCase()));
});

server.on("upgrade", (request, socket, head) => {
  const { pathname } = new URL(request.url, "http://localhost");
  const target = { "/upper": upper, "/lower": lower }[pathname];
  if (!target) {
    socket.destroy();
    return;
  }
  target.handleUpgrade(request, socket, head, (client) => {
    target.emit("connection", client, request);
  });
});

server.listen(0, "127.0.0.1", async () => {
  const { port } = server.address();
  console.log(await (await fetch(`http://127.0.0.1:${port}/`)).text());
  for (const path of ["upper", "lower"]) {
    const client = new WebSocket(`ws://127.0.0.1:${port}/${path}`);
    const stream = createWebSocketStream(client, { encoding: "utf8" });
    stream.write("Hello");
    for await (const text of stream) {
      console.log(path, text);
      break;
    }
  }
  server.closeAllConnections();
  server.close(() => console.log("server closed"));
});
