// Express middlewares on the engine, and headers of one's own.
import { createServer } from "node:http";
import helmet from "helmet";
import { Server } from "socket.io";
import { io as connect } from "socket.io-client";

const httpServer = createServer();
const io = new Server(httpServer);

io.engine.use(helmet());
io.engine.on("initial_headers", (headers, req) => {
  headers["x-first"] = req.method;
});
io.engine.on("headers", (headers) => {
  headers["x-every"] = "yes";
});
io.engine.on("connection_error", (err) => {
  console.log("refused:", err.code, err.message);
});

httpServer.listen(0, async () => {
  const url = `http://localhost:${httpServer.address().port}`;
  const answer = await fetch(`${url}/socket.io/?EIO=4&transport=polling`);
  for (const name of ["x-first", "x-every", "x-frame-options", "cache-control"]) {
    console.log(name, answer.headers.get(name));
  }
  await fetch(`${url}/socket.io/?EIO=4&transport=nothing`);
  const client = connect(url, { transports: ["websocket"] });
  client.on("connect", () => {
    console.log("connected, clients:", io.engine.clientsCount);
    client.disconnect();
    io.close();
  });
});
// Prints:
// x-first GET
// x-every yes
// x-frame-options SAMEORIGIN
// cache-control no-store
// refused: 0 Transport unknown
// connected, clients: 2
