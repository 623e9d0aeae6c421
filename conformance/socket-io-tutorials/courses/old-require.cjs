// As tutorials of old do: the package is a function.
const app = require("express")();
const http = require("node:http").createServer(app);
const io = require("socket.io")(http, { cors: { origin: "*" } });

io.on("connection", (socket) => {
  socket.on("new-user", (name) => {
    socket.username = name;
    socket.broadcast.emit("user-connected", name);
  });
  socket.on("send-chat-message", (message) => {
    socket.broadcast.emit("chat-message", { message, name: socket.username });
  });
  socket.on("disconnect", () => {
    socket.broadcast.emit("user-disconnected", socket.username);
  });
});

http.listen(0, () => {
  const { io: connect } = require("socket.io-client");
  const url = `http://localhost:${http.address().port}`;
  const ann = connect(url, { forceNew: true });
  ann.on("user-connected", (name) => console.log(`${name} connected`));
  ann.on("chat-message", ({ name, message }) => {
    console.log(`${name}: ${message}`);
    bob.disconnect();
  });
  ann.on("user-disconnected", (name) => {
    console.log(`${name} disconnected`);
    ann.disconnect();
    io.close(() => console.log("closed"));
  });
  let bob;
  ann.on("connect", () => {
    ann.emit("new-user", "Ann");
    bob = connect(url, { forceNew: true });
    bob.emit("new-user", "Bob");
    bob.emit("send-chat-message", "hello");
  });
});

// Prints:
//   Bob connected
//   Bob: hello
//   Bob disconnected
//   closed
