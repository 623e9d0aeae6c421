// A chat with rooms, a bot, and lists of who is where, as a well-known video builds it.
const http = require("node:http");
const express = require("express");
const { Server } = require("socket.io");

const users = [];
const userJoin = (id, username, room) => {
  const user = { id, username, room };
  users.push(user);
  return user;
};
const getCurrentUser = (id) => users.find((user) => user.id === id);
const userLeave = (id) => {
  const index = users.findIndex((user) => user.id === id);
  if (index !== -1) return users.splice(index, 1)[0];
};
const getRoomUsers = (room) => users.filter((user) => user.room === room);
const formatMessage = (username, text) => ({ username, text });

const app = express();
const server = http.createServer(app);
const io = new Server(server);
const botName = "ChatCord Bot";

io.on("connection", (socket) => {
  socket.on("joinRoom", ({ username, room }) => {
    const user = userJoin(socket.id, username, room);

    socket.join(user.room);

    // Welcome current user
    socket.emit("message", formatMessage(botName, "Welcome to ChatCord!"));

    // Broadcast when a user connects
    socket.broadcast
      .to(user.room)
      .emit("message", formatMessage(botName, `${user.username} has joined the chat`));

    // Send users and room info
    io.to(user.room).emit("roomUsers", {
      room: user.room,
      users: getRoomUsers(user.room),
    });
  });

  // Listen for chatMessage
  socket.on("chatMessage", (msg) => {
    const user = getCurrentUser(socket.id);
    io.to(user.room).emit("message", formatMessage(user.username, msg));
  });

  // Runs when client disconnects
  socket.on("disconnect", () => {
    const user = userLeave(socket.id);
    if (user) {
      io.to(user.room).emit(
        "message",
        formatMessage(botName, `${user.username} has left the chat`),
      );
      io.to(user.room).emit("roomUsers", {
        room: user.room,
        users: getRoomUsers(user.room),
      });
    }
  });
});

server.listen(0, () => {
  const { io: connect } = require("socket.io-client");
  const url = `http://localhost:${server.address().port}`;
  const brad = connect(url, { forceNew: true });
  const jane = connect(url, { forceNew: true });
  brad.on("message", ({ username, text }) => {
    console.log(`${username}: ${text}`);
    if (text.startsWith("Welcome")) jane.emit("joinRoom", { username: "jane", room: "JavaScript" });
    if (text === "jane has joined the chat") jane.emit("chatMessage", "hi all");
    if (text === "hi all") jane.disconnect();
  });
  brad.on("roomUsers", ({ room, users }) => {
    console.log(room, users.map(({ username }) => username).join(", "));
    if (jane.disconnected && jane.id === undefined && users.length === 1 && left++ > 0) end();
  });
  let left = 0;
  jane.on("disconnect", () => {
    left = 1;
  });
  jane.on("connect", () => brad.emit("joinRoom", { username: "brad", room: "JavaScript" }));

  function end() {
    brad.disconnect();
    io.close();
  }
});

// Prints:
//   ChatCord Bot: Welcome to ChatCord!
//   JavaScript brad
//   ChatCord Bot: jane has joined the chat
//   JavaScript brad, jane
//   jane: hi all
//   ChatCord Bot: jane has left the chat
//   JavaScript brad
