// The server of a course with React: rooms by their numbers, and cors for the page's own server.
const express = require("express");
const app = express();
const http = require("node:http");
const cors = require("cors");
const { Server } = require("socket.io");
app.use(cors());

const server = http.createServer(app);

const io = new Server(server, {
  cors: {
    origin: "http://localhost:3000",
    methods: ["GET", "POST"],
  },
});

io.on("connection", (socket) => {
  socket.on("join_room", (data, done) => {
    socket.join(data);
    done([...socket.rooms].length);
  });

  socket.on("send_message", (data) => {
    socket.to(data.room).emit("receive_message", data);
  });
});

server.listen(0, async () => {
  const { io: connect } = require("socket.io-client");
  const url = `http://localhost:${server.address().port}`;
  const users = ["ann", "bob", "cid"].map((name) => {
    const socket = connect(url, { forceNew: true });
    socket.on("receive_message", (data) => {
      console.log(`${name} got ${data.author}: ${data.message}`);
      if (data.message === "bye") end();
    });
    return socket;
  });
  const [ann, bob, cid] = users;
  console.log(await ann.emitWithAck("join_room", "1"));
  console.log(await bob.emitWithAck("join_room", "1"));
  console.log(await cid.emitWithAck("join_room", "2"));
  ann.emit("send_message", { room: "1", author: "ann", message: "hello" });
  cid.emit("send_message", { room: "2", author: "cid", message: "nobody" });
  ann.emit("send_message", { room: "1", author: "ann", message: "bye" });

  function end() {
    for (const user of users) user.disconnect();
    io.close();
  }
});

// Prints:
//   2
//   2
//   2
//   bob got ann: hello
//   bob got ann: bye
