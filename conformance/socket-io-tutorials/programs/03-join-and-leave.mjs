// Welcome one, tell the others: socket.emit, socket.broadcast.emit, io.emit.
import { Server } from "socket.io";
import { io as connect } from "socket.io-client";

const io = new Server(0);
const url = `http://localhost:${io.httpServer.address().port}`;

io.on("connection", (socket) => {
  socket.emit("message", "Welcome to ChatCord!");
  socket.broadcast.emit("message", "A user has joined the chat");
  socket.on("disconnect", () => {
    io.emit("message", "A user has left the chat");
  });
});

const next = (socket, event) => new Promise((resolve) => socket.once(event, resolve));

const ann = connect(url);
console.log("ann:", await next(ann, "message"));
const bob = connect(url);
const [first, second] = await Promise.all([next(ann, "message"), next(bob, "message")]);
console.log("ann:", first);
console.log("bob:", second);
const left = next(ann, "message");
bob.disconnect();
console.log("ann:", await left);
ann.disconnect();
io.close();
// Prints:
// ann: Welcome to ChatCord!
// ann: A user has joined the chat
// bob: Welcome to ChatCord!
// ann: A user has left the chat
