// Errors: of middlewares, of packets, and the reasons of a disconnection.
import { once } from "node:events";
import { createServer } from "node:http";
import { Server } from "socket.io";
import { io as connect } from "socket.io-client";

const httpServer = createServer();
const io = new Server(httpServer);

io.on("connection", (socket) => {
  socket.use(([event, ...args], next) => {
    if (event === "secret") return next(new Error("unauthorized event"));
    args.at(-1)?.seen?.push(event);
    next();
  });

  socket.on("error", (err) => {
    console.log("error:", err.message);
    if (err && err.message === "unauthorized event") {
      socket.disconnect();
    }
  });

  socket.on("disconnecting", (reason) => {
    for (const room of socket.rooms) {
      if (room !== socket.id) {
        socket.to(room).emit("user has left", reason);
      }
    }
  });

  socket.on("disconnect", (reason) => {
    console.log("disconnect:", reason, socket.rooms.size);
  });

  socket.join("everybody");
});

io.engine.on("connection_error", (err) => {
  console.log(err.code, err.message, err.context);
});

await once(httpServer.listen(0), "listening");
const url = `http://localhost:${httpServer.address().port}`;

const response = await fetch(`${url}/socket.io/?EIO=4&transport=smoke-signals`);
console.log(response.status, await response.json());

const ann = connect(url, { forceNew: true });
const bob = connect(url, { forceNew: true });
await Promise.all([once(ann, "connect"), once(bob, "connect")]);
const left = once(ann, "user has left");
const why = once(bob, "disconnect");
bob.emit("secret");
console.log("ann heard:", (await left)[0]);
console.log("bob heard:", (await why)[0]);
bob.disconnect();
ann.disconnect();
await new Promise((resolve) => {
  const [socket] = io.of("/").sockets.values();
  socket.on("disconnect", resolve);
});
io.close();
httpServer.closeAllConnections();

// Prints:
//   0 Transport unknown { transport: 'smoke-signals' }
//   400 { code: 0, message: 'Transport unknown' }
//   error: unauthorized event
//   disconnect: server namespace disconnect 0
//   ann heard: server namespace disconnect
//   bob heard: io server disconnect
//   disconnect: client namespace disconnect 0
