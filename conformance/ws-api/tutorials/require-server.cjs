// Tutorials of some age: require, `new WebSocket.Server`, options and callback.
const WebSocket = require("ws");

const server = new WebSocket.Server({ port: 0 }, () => {
  console.log("listening");
  const client = new WebSocket(`ws://localhost:${server.address().port}`, "chat", {
    headers: { "User-Agent": "tutorial" },
  });
  client.onopen = () => client.send("ping");
  client.onmessage = (message) => {
    console.log("client got", message.data);
    client.close(1000, "done");
  };
  client.onclose = (event) => {
    console.log("client closed", event.code, event.reason, event.wasClean);
    server.close();
  };
});

server.on("connection", (socket, req) => {
  console.log("user agent", req.headers["user-agent"], socket.protocol);
  socket.on("message", (message) => {
    if (message.toString() === "ping" && socket.readyState === WebSocket.OPEN) {
      socket.send("pong");
    }
  });
  socket.on("close", (code, reason) => console.log("socket closed", code, reason.toString()));
});
server.on("close", () => console.log("server closed"));
