import { once } from "node:events";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import io, { Manager, protocol } from "@openline/client";
import { createClient } from "@openline/client/channels";
import { io as webSocketOnly } from "@openline/client/websocket";
import { Server } from "openline";

const require = createRequire(import.meta.url);
console.log("require gives the function", require("@openline/client") === io, protocol);
console.log("everything is on it", io.Manager === Manager, io.connect === io);

const http = createServer();
const server = new Server(http);
server.on("connection", (socket) => {
  socket.on("add", (a, b, answer) => answer(a + b, Buffer.from([a, b])));
});
http.listen(0, "127.0.0.1");
await once(http, "listening");
const url = `http://127.0.0.1:${http.address().port}`;

server.rooms("chat:*", { delivery: "durable", authorize: () => true });
const channels = createClient(url);
const { offset } = await channels.channel("chat:1").publish("message", "hello");
console.log("published at", offset);
channels.close();

const client = io(url);
const upgraded = new Promise((resolve) => {
  client.io.on("open", () => client.io.engine.on("upgrade", resolve));
});
console.log("answer", await client.emitWithAck("add", 1, 2));
await upgraded;
client.emit("add", 3, 4, (...answer) => {
  console.log(client.io.engine.transport.name, answer);
  client.disconnect();

  const small = webSocketOnly(url, { extraHeaders: { "x-by": "header" } });
  small.on("connect", async () => {
    const [socket] = await server.fetchSockets();
    console.log("header", socket.handshake.headers["x-by"]);
    small.disconnect();
    await server.close();
    console.log("server closed");
  });
});
