// A token checked in a middleware; the refusal carries data.
import { createHmac, timingSafeEqual } from "node:crypto";
import { Server } from "socket.io";
import { io as connect } from "socket.io-client";

const sign = (user) => createHmac("sha256", "secret").update(user).digest("hex");
const verify = (token) => {
  const [user, signature] = token.split(".");
  const expected = Buffer.from(sign(user));
  const given = Buffer.from(signature ?? "");
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) throw new Error("bad");
  return user;
};

const io = new Server(0);
const url = `http://localhost:${io.httpServer.address().port}`;

io.use((socket, next) => {
  try {
    socket.data.user = verify(socket.handshake.auth.token);
    next();
  } catch {
    const err = new Error("not authorized");
    err.data = { content: "Please retry later" };
    next(err);
  }
});

io.on("connection", (socket) => {
  socket.emit("you are", socket.data.user);
});

const bad = connect(url, { auth: { token: "eve.00" }, reconnection: false });
await new Promise((resolve) => {
  bad.on("connect_error", (err) => {
    console.log(err instanceof Error, err.message, err.data);
    resolve();
  });
});
const good = connect(url, { auth: (cb) => cb({ token: `ann.${sign("ann")}` }) });
console.log(await new Promise((resolve) => good.on("you are", resolve)));
bad.disconnect();
good.disconnect();
io.close();
// Prints:
// true not authorized { content: 'Please retry later' }
// ann
