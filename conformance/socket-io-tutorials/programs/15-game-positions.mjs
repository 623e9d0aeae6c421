// A multiplayer game: inputs in, the world out by a fixed step, positions volatile.
import { Server } from "socket.io";
import { io as connect } from "socket.io-client";

const io = new Server(0);
const url = `http://localhost:${io.httpServer.address().port}`;
const players = {};

io.on("connection", (socket) => {
  players[socket.id] = { x: 0, y: 0 };
  socket.emit("currentPlayers", Object.keys(players).length);
  socket.broadcast.emit("newPlayer", players[socket.id]);
  socket.on("playerMovement", ({ dx, dy }) => {
    players[socket.id].x += dx;
    players[socket.id].y += dy;
  });
  socket.on("disconnect", () => {
    delete players[socket.id];
    io.emit("playerLeft", Object.keys(players).length);
  });
});
const loop = setInterval(() => io.volatile.emit("world", Object.values(players)), 10);

const next = (socket, event) => new Promise((resolve) => socket.once(event, resolve));
const ann = connect(url, { transports: ["websocket"], forceNew: true });
console.log("players:", await next(ann, "currentPlayers"));
const arrival = next(ann, "newPlayer");
const bob = connect(url, { transports: ["websocket"], forceNew: true });
console.log("players:", await next(bob, "currentPlayers"), await arrival);
for (let step = 0; step < 5; step += 1) ann.emit("playerMovement", { dx: 2, dy: 1 });
let world;
do world = await next(bob, "world");
while (world[0].x < 10);
console.log(world);
const left = next(ann, "playerLeft");
bob.disconnect();
console.log("left:", await left);
clearInterval(loop);
ann.disconnect();
io.close();
// Prints:
// players: 1
// players: 2 { x: 0, y: 0 }
// [ { x: 10, y: 5 }, { x: 0, y: 0 } ]
// left: 1
