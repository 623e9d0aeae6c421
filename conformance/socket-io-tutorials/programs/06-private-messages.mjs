// Private messages with session ids as rooms, as in the official tutorial, part 2.
import { Server } from "socket.io";
import { io as connect } from "socket.io-client";

const io = new Server(0);
const url = `http://localhost:${io.httpServer.address().port}`;

io.use((socket, next) => {
  const username = socket.handshake.auth.username;
  if (!username) return next(new Error("invalid username"));
  socket.username = username;
  socket.userID = `id-of-${username}`;
  next();
});

io.on("connection", (socket) => {
  socket.join(socket.userID);
  const users = [];
  for (const [, other] of io.of("/").sockets) users.push(other.username);
  socket.emit("users", users.toSorted());
  socket.on("private message", ({ content, to }) => {
    socket.to(to).to(socket.userID).emit("private message", { content, from: socket.userID, to });
  });
  socket.on("disconnect", async () => {
    const matchingSockets = await io.in(socket.userID).allSockets();
    if (matchingSockets.size === 0) socket.broadcast.emit("user disconnected", socket.userID);
  });
});

const next = (socket, event) => new Promise((resolve) => socket.once(event, resolve));
const nobody = connect(url, { reconnection: false });
console.log((await next(nobody, "connect_error")).message);
const ann = connect(url, { auth: { username: "ann" } });
console.log(await next(ann, "users"));
const bob = connect(url, { auth: { username: "bob" } });
console.log(await next(bob, "users"));
const got = next(bob, "private message");
ann.emit("private message", { content: "psst", to: "id-of-bob" });
console.log(await got);
const gone = next(ann, "user disconnected");
bob.disconnect();
console.log(await gone);
ann.disconnect();
nobody.disconnect();
io.close();
// Prints:
// invalid username
// [ 'ann' ]
// [ 'ann', 'bob' ]
// { content: 'psst', from: 'id-of-ann', to: 'id-of-bob' }
// id-of-bob
