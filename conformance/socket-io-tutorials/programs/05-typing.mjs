// "… is typing", which is worth nothing when it comes late: volatile.
import { Server } from "socket.io";
import { io as connect } from "socket.io-client";

const io = new Server(0);
const url = `http://localhost:${io.httpServer.address().port}`;

io.on("connection", (socket) => {
  socket.on("typing", (name) => socket.broadcast.volatile.emit("typing", name));
  socket.on("stop typing", (name) => socket.broadcast.emit("stop typing", name));
});

const clients = [
  connect(url, { transports: ["websocket"] }),
  connect(url, { transports: ["websocket"] }),
];
await Promise.all(clients.map((client) => new Promise((resolve) => client.on("connect", resolve))));
const [ann, bob] = clients;
ann.on("typing", () => console.log("ann must not hear herself"));
const log = new Promise((resolve) => {
  bob.on("typing", (name) => console.log(`${name} is typing`));
  bob.on("stop typing", (name) => resolve(console.log(`${name} stopped`)));
});
ann.emit("typing", "ann");
ann.emit("stop typing", "ann");
await log;
for (const client of clients) client.disconnect();
io.close();
// Prints:
// ann is typing
// ann stopped
