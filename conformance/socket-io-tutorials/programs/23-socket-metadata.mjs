// What a server knows of a socket, and what it may do with many.
import { Server } from "socket.io";
import { io as connect } from "socket.io-client";

const io = new Server(0);
const url = `http://localhost:${io.httpServer.address().port}`;

io.on("connection", (socket) => {
  const { handshake, conn } = socket;
  console.log(handshake.auth, handshake.query.color, handshake.headers["x-a"]);
  console.log(
    handshake.address.includes("127.0.0.1") || handshake.address === "::1",
    handshake.secure,
  );
  console.log(conn.transport.name, socket.rooms.has(socket.id), socket.connected, socket.recovered);
  conn.once("upgrade", () => {
    console.log("upgraded to", conn.transport.name);
    io.socketsJoin("everybody");
    io.in("everybody").socketsLeave("nobody");
    io.in("everybody").disconnectSockets(true);
  });
  socket.on("disconnect", (reason) => {
    console.log(reason);
    io.close();
  });
});

const client = connect(url, {
  auth: { token: "123" },
  query: { color: "blue" },
  extraHeaders: { "x-a": "b" },
  reconnection: false,
});
client.on("disconnect", (reason) => console.log("client:", reason));
// Prints:
// { token: '123' } blue b
// true false
// polling true true false
// upgraded to websocket
// server namespace disconnect
// client: io server disconnect
