// A guard on each event, listeners for all of them.
import { Server } from "socket.io";
import { io as connect } from "socket.io-client";

const io = new Server(0);
const url = `http://localhost:${io.httpServer.address().port}`;

io.on("connection", (socket) => {
  socket.use(([event, ..._args], next) => {
    if (event === "forbidden") return next(new Error("unauthorized event"));
    next();
  });
  socket.on("error", (err) => {
    if (err && err.message === "unauthorized event") socket.emit("sorry", err.message);
  });
  socket.onAny((eventName, ...args) => console.log("in", eventName, args));
  socket.onAnyOutgoing((eventName, ...args) => console.log("out", eventName, args));
  socket.on("allowed", (n) => socket.emit("double", 2 * n));
  socket.on("forbidden", () => console.log("must not happen"));
});

const client = connect(url, { transports: ["websocket"] });
client.emit("allowed", 21);
console.log("client", await new Promise((resolve) => client.on("double", resolve)));
client.emit("forbidden");
console.log("client", await new Promise((resolve) => client.on("sorry", resolve)));
client.disconnect();
io.close();
// Prints:
// in allowed [ 21 ]
// out double [ 42 ]
// client 42
// in forbidden []
// out sorry [ 'unauthorized event' ]
// client unauthorized event
