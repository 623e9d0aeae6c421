// "How to use with express-session": one session for requests and sockets.
const { createServer } = require("node:http");
const express = require("express");
const session = require("express-session");
const { Server } = require("socket.io");

const app = express();
const httpServer = createServer(app);

const sessionMiddleware = session({
  secret: "changeit",
  resave: false,
  saveUninitialized: true,
});

app.use(sessionMiddleware);

app.post("/incr", (req, res) => {
  const session = req.session;
  session.count = (session.count || 0) + 1;
  res.status(200).end(`${session.count}`);
  io.to(session.id).emit("current count", session.count);
});

app.post("/logout", (req, res) => {
  const sessionId = req.session.id;
  req.session.destroy(() => {
    // disconnect all Socket.IO connections linked to this session ID
    io.to(sessionId).disconnectSockets();
    res.status(204).end();
  });
});

const io = new Server(httpServer);

io.engine.use(sessionMiddleware);

io.on("connection", (socket) => {
  const req = socket.request;

  socket.join(req.session.id);

  socket.on("incr", (cb) => {
    req.session.reload((err) => {
      if (err) {
        return socket.disconnect();
      }
      req.session.count = (req.session.count || 0) + 1;
      req.session.save(() => {
        cb(req.session.count);
      });
    });
  });
});

httpServer.listen(0, async () => {
  const { io: connect } = require("socket.io-client");
  const url = `http://localhost:${httpServer.address().port}`;
  const login = await fetch(`${url}/incr`, { method: "POST" });
  const cookie = login.headers.get("set-cookie").split(";")[0];
  console.log("by request:", await login.text());

  for (const transports of [["polling"], ["websocket"]]) {
    const socket = connect(url, {
      forceNew: true,
      transports,
      extraHeaders: { Cookie: cookie },
    });
    console.log("by socket:", await socket.emitWithAck("incr"));
    const told = new Promise((resolve) => socket.once("current count", resolve));
    const post = await fetch(`${url}/incr`, { method: "POST", headers: { cookie } });
    console.log("by request:", await post.text(), "told:", await told);
    socket.disconnect();
  }

  const socket = connect(url, { forceNew: true, extraHeaders: { Cookie: cookie } });
  await socket.emitWithAck("incr");
  const gone = new Promise((resolve) => socket.once("disconnect", resolve));
  await fetch(`${url}/logout`, { method: "POST", headers: { cookie } });
  console.log("logged out:", await gone);
  io.close();
  httpServer.closeAllConnections();
});

// Prints:
//   by request: 1
//   by socket: 2
//   by request: 3 told: 3
//   by socket: 4
//   by request: 5 told: 5
//   logged out: io server disconnect
