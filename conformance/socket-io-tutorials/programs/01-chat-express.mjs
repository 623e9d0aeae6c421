// What every course begins with: `npm install express socket.io`.
import { createServer } from "node:http";
import express from "express";
import { Server } from "socket.io";
import { io as connect } from "socket.io-client";

const app = express();
const server = createServer(app);
const io = new Server(server);

app.get("/", (_req, res) => {
  res.send("<h1>Hello world</h1>");
});

io.on("connection", (socket) => {
  console.log("a user connected");
  socket.on("chat message", (msg) => {
    console.log(`message: ${msg}`);
    io.emit("chat message", msg);
  });
  socket.on("disconnect", () => {
    console.log("user disconnected");
  });
});

server.listen(0, async () => {
  const url = `http://localhost:${server.address().port}`;
  console.log(await (await fetch(url)).text());
  const client = connect(url);
  client.on("chat message", (msg) => {
    console.log(`client got: ${msg}`);
    client.disconnect();
  });
  client.emit("chat message", "hello");
  io.on("connection", (socket) => socket.on("disconnect", () => io.close()));
});
// Prints:
// <h1>Hello world</h1>
// a user connected
// message: hello
// client got: hello
// user disconnected
