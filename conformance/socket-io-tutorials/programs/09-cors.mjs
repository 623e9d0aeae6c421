// A page of a development server on another port.
import { createServer } from "node:http";
import { Server } from "socket.io";
import { io as connect } from "socket.io-client";

const httpServer = createServer();
const io = new Server(httpServer, {
  cors: {
    origin: "http://localhost:8080",
    methods: ["GET", "POST"],
    allowedHeaders: ["my-custom-header"],
    credentials: true,
  },
});

io.on("connection", (socket) => socket.emit("hello", "page"));

httpServer.listen(0, async () => {
  const url = `http://localhost:${httpServer.address().port}`;
  const preflight = await fetch(`${url}/socket.io/?EIO=4&transport=polling`, {
    method: "OPTIONS",
    headers: {
      Origin: "http://localhost:8080",
      "Access-Control-Request-Method": "GET",
      "Access-Control-Request-Headers": "my-custom-header",
    },
  });
  console.log(preflight.status, preflight.headers.get("access-control-allow-origin"));
  console.log(preflight.headers.get("access-control-allow-headers"));
  console.log(preflight.headers.get("access-control-allow-credentials"));
  for (const transports of [["polling"], ["websocket"]]) {
    const client = connect(url, {
      transports,
      forceNew: true,
      extraHeaders: { Origin: "http://localhost:8080", "my-custom-header": "abcd" },
    });
    console.log(transports[0], await new Promise((resolve) => client.on("hello", resolve)));
    client.disconnect();
  }
  io.close();
});
// Prints:
// 204 http://localhost:8080
// my-custom-header
// true
// polling page
// websocket page
