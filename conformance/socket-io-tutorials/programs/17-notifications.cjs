// A REST route notifies a user's devices.
const express = require("express");
const { createServer } = require("node:http");
const { Server } = require("socket.io");
const { io: connect } = require("socket.io-client");

const app = express();
app.use(express.json());
const server = createServer(app);
const io = new Server(server);
app.set("io", io);

app.post("/notify/:user", async (req, res) => {
  const io = req.app.get("io");
  io.to(`user:${req.params.user}`).emit("notification", req.body);
  const devices = await io.in(`user:${req.params.user}`).fetchSockets();
  res.json({ devices: devices.length });
});

io.on("connection", (socket) => {
  socket.join(`user:${socket.handshake.query.user}`);
});

server.listen(0, async () => {
  const url = `http://localhost:${server.address().port}`;
  const devices = [1, 2].map(() => connect(url, { query: { user: "ann" }, forceNew: true }));
  await Promise.all(devices.map((d) => new Promise((resolve) => d.on("connect", resolve))));
  const got = Promise.all(
    devices.map((d) => new Promise((resolve) => d.on("notification", resolve))),
  );
  const answer = await fetch(`${url}/notify/ann`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ title: "Your order has left" }),
  });
  console.log(await answer.json());
  console.log(await got);
  for (const device of devices) device.disconnect();
  io.close();
});
// Prints:
// { devices: 2 }
// [ { title: 'Your order has left' }, { title: 'Your order has left' } ]
