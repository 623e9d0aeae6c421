// "Private messaging" of Socket.IO's site, with sessions: a middleware, a room for each user.
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import { Server } from "socket.io";
import { io as connect } from "socket.io-client";

const httpServer = createServer();
const io = new Server(httpServer, {
  cors: {
    origin: "http://localhost:8080",
  },
});

const randomId = () => randomBytes(8).toString("hex");
const sessions = new Map();

io.use((socket, next) => {
  const sessionID = socket.handshake.auth.sessionID;
  if (sessionID) {
    const session = sessions.get(sessionID);
    if (session) {
      socket.sessionID = sessionID;
      socket.userID = session.userID;
      socket.username = session.username;
      return next();
    }
  }
  const username = socket.handshake.auth.username;
  if (!username) {
    return next(new Error("invalid username"));
  }
  socket.sessionID = randomId();
  socket.userID = randomId();
  socket.username = username;
  next();
});

io.on("connection", async (socket) => {
  sessions.set(socket.sessionID, {
    userID: socket.userID,
    username: socket.username,
    connected: true,
  });

  socket.emit("session", { sessionID: socket.sessionID, userID: socket.userID });
  socket.join(socket.userID);

  const users = [...sessions.values()];
  socket.emit("users", users);

  socket.broadcast.emit("user connected", { userID: socket.userID, username: socket.username });

  socket.on("private message", ({ content, to }) => {
    socket.to(to).to(socket.userID).emit("private message", { content, from: socket.userID, to });
  });

  socket.on("disconnect", async () => {
    const matchingSockets = await io.in(socket.userID).fetchSockets();
    const isDisconnected = matchingSockets.length === 0;
    if (isDisconnected) {
      socket.broadcast.emit("user disconnected", socket.userID);
      sessions.get(socket.sessionID).connected = false;
    }
  });
});

await once(httpServer.listen(0), "listening");
const url = `http://localhost:${httpServer.address().port}`;
const enter = (auth) => connect(url, { forceNew: true, auth });

const nobody = enter({});
const [refused] = await once(nobody, "connect_error");
console.log("refused:", refused.message);

const ann = enter({ username: "ann" });
const [annsSession] = await once(ann, "session");
const bob = enter({ username: "bob" });
const [[newcomer], [bobsSession], [users]] = await Promise.all([
  once(ann, "user connected"),
  once(bob, "session"),
  once(bob, "users"),
]);
console.log(newcomer.username, "connected,", users.length, "users");

// Another tab of Ann's, by her session.
const tab = enter({ sessionID: annsSession.sessionID });
const [tabsSession] = await once(tab, "session");
console.log("same user:", tabsSession.userID === annsSession.userID);

bob.emit("private message", { content: "psst", to: annsSession.userID });
const got = await Promise.all([once(ann, "private message"), once(tab, "private message")]);
for (const [message] of got) console.log(message.content, message.from === bobsSession.userID);

tab.disconnect();
const left = once(ann, "user disconnected");
bob.disconnect();
console.log("bob left:", (await left)[0] === bobsSession.userID);
ann.disconnect();
nobody.disconnect();
io.close();

// Prints:
//   refused: invalid username
//   bob connected, 2 users
//   same user: true
//   psst true
//   psst true
//   bob left: true
