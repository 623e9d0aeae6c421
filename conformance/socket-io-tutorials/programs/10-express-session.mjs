// One session for HTTP routes and sockets.
import { createServer } from "node:http";
import express from "express";
import session from "express-session";
import { Server } from "socket.io";
import { io as connect } from "socket.io-client";

const app = express();
const httpServer = createServer(app);
const sessionMiddleware = session({ secret: "changeit", resave: false, saveUninitialized: true });

app.use(sessionMiddleware);
app.post("/incr", (req, res) => {
  req.session.count = (req.session.count || 0) + 1;
  res.status(200).end(`${req.session.count}`);
  io.to(req.session.id).emit("current count", req.session.count);
});

const io = new Server(httpServer);
io.engine.use(sessionMiddleware);
io.on("connection", (socket) => {
  const req = socket.request;
  socket.join(req.session.id);
  socket.on("incr", (cb) => {
    req.session.reload((err) => {
      if (err) return socket.disconnect();
      req.session.count = (req.session.count || 0) + 1;
      req.session.save(() => cb(req.session.count));
    });
  });
});

httpServer.listen(0, async () => {
  const url = `http://localhost:${httpServer.address().port}`;
  const first = await fetch(`${url}/incr`, { method: "POST" });
  const cookie = first.headers.get("set-cookie").split(";")[0];
  console.log("http", await first.text());
  for (const transports of [["polling"], ["websocket"]]) {
    const client = connect(url, { transports, forceNew: true, extraHeaders: { cookie } });
    console.log(transports[0], await client.emitWithAck("incr"));
    const told = new Promise((resolve) => client.on("current count", resolve));
    const again = await fetch(`${url}/incr`, { method: "POST", headers: { cookie } });
    console.log("http", await again.text(), "socket", await told);
    client.disconnect();
  }
  io.close();
});
// Prints:
// http 1
// polling 2
// http 3 socket 3
// websocket 4
// http 5 socket 5
