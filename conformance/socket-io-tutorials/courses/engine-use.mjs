// io.engine.use: helmet for all requests, and a guard for the first of each client.
import { once } from "node:events";
import { createServer } from "node:http";
import helmet from "helmet";
import { Server } from "socket.io";
import { io as connect } from "socket.io-client";

const httpServer = createServer();
const io = new Server(httpServer);

io.engine.use(helmet());
io.engine.use((req, res, next) => {
  const isHandshake = req._query.sid === undefined;
  if (!isHandshake) return next();
  if (req.headers.authorization === "bearer right") {
    req.user = { name: "ann" };
    next();
  } else {
    res.writeHead(401);
    res.end();
  }
});

io.on("connection", (socket) => {
  socket.emit("user", socket.request.user.name);
});

await once(httpServer.listen(0), "listening");
const url = `http://localhost:${httpServer.address().port}`;

const refused = await fetch(`${url}/socket.io/?EIO=4&transport=polling`);
console.log(refused.status, refused.headers.get("x-content-type-options"));

const stranger = connect(url, { forceNew: true, reconnection: false });
const [error] = await once(stranger, "connect_error");
console.log(error.message, error.context.status);

for (const transports of [["polling"], ["websocket"], ["polling", "websocket"]]) {
  const socket = connect(url, {
    forceNew: true,
    transports,
    extraHeaders: { authorization: "bearer right" },
  });
  console.log(transports.join(" "), (await once(socket, "user"))[0]);
  socket.disconnect();
}
io.close();
httpServer.closeAllConnections();

// Prints:
//   401 nosniff
//   xhr poll error 401
//   polling ann
//   websocket ann
//   polling websocket ann
