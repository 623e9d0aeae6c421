// The chat of most tutorials: require, `new WebSocket.Server`, a loop over `clients`.
const WebSocket = require("@openline/websocket");

const server = new WebSocket.Server({ port: 0 });

server.on("connection", (socket) => {
  socket.on("error", console.error);
  socket.on("message", (data, isBinary) => {
    for (const client of server.clients) {
      if (client !== socket && client.readyState === WebSocket.OPEN) {
        client.send(data, { binary: isBinary });
      }
    }
  });
});

server.on("listening", () => {
  const url = `ws://127.0.0.1:${server.address().port}`;
  const ann = new WebSocket(url);
  ann.onerror = console.error;
  ann.onopen = () => {
    const bob = new WebSocket(url);
    bob.onerror = console.error;
    bob.onopen = () => ann.send("hi all");
    bob.onmessage = (event) => {
      console.log("bob got", event.data);
      for (const client of server.clients) client.close(1001, "bye");
    };
    bob.onclose = (event) => {
      console.log("bob closed", event.code, event.reason, event.wasClean);
      server.close(() => console.log("server closed"));
    };
  };
  ann.onmessage = () => console.log("ann must not hear herself");
});
