// The cheatsheet of who gets what.
import { Server } from "socket.io";
import { io as connect } from "socket.io-client";

const io = new Server(0);
const url = `http://localhost:${io.httpServer.address().port}`;
const names = ["a", "b", "c", "d"];
const got = Object.fromEntries(names.map((name) => [name, []]));
const clients = {};

io.on("connection", (socket) => {
  const { name } = socket.handshake.auth;
  socket.data.name = name;
  if (name !== "d") socket.join("room1");
  if (name === "c") socket.join("room2");
});

for (const name of names) {
  clients[name] = connect(url, { auth: { name }, forceNew: true });
  clients[name].on("e", (what) => got[name].push(what));
  await new Promise((resolve) => clients[name].on("connect", resolve));
}
const socket = [...io.sockets.sockets.values()].find((each) => each.data.name === "a");

socket.emit("e", "basic emit");
socket.broadcast.emit("e", "to all but the sender");
socket.to("room1").emit("e", "to room1 but the sender");
socket.to(["room1", "room2"]).emit("e", "to both but the sender");
io.in("room1").emit("e", "to all in room1");
io.of("/").to("room2").emit("e", "to all in room2");
socket.to("room1").except("room2").emit("e", "room1 without room2");
io.except("room1").emit("e", "all without room1");
socket.compress(false).emit("e", "without compression");
io.local.emit("e", "on this server");
io.to(socket.id).emit("e", "by its id");
await Promise.all(
  names.map(
    (name) =>
      new Promise((resolve) => {
        clients[name].on("end", resolve);
        if (name === "d") io.emit("end");
      }),
  ),
);
for (const name of names) console.log(name, got[name].join("; "));
for (const client of Object.values(clients)) client.disconnect();
io.close();
// Prints:
// a basic emit; to all in room1; without compression; on this server; by its id
// b to all but the sender; to room1 but the sender; to both but the sender; to all in room1; room1 without room2; on this server
// c to all but the sender; to room1 but the sender; to both but the sender; to all in room1; to all in room2; on this server
// d to all but the sender; all without room1; on this server
