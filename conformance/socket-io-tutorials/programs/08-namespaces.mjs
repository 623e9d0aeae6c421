// An /admin namespace with a guard of its own, and one for each workspace.
import { Server } from "socket.io";
import { io as connect } from "socket.io-client";

const io = new Server(0);
const url = `http://localhost:${io.httpServer.address().port}`;
const adminNamespace = io.of("/admin");
const workspaces = io.of(/^\/workspace-\w+$/);

adminNamespace.use((socket, next) => {
  if (socket.handshake.auth.password === "admin") next();
  else next(new Error("unauthorized"));
});
adminNamespace.on("connection", (socket) => {
  socket.on("delete user", (name, done) => done(`${name} deleted`));
});
workspaces.on("connection", (socket) => {
  const workspace = socket.nsp;
  workspace.emit("hello", workspace.name);
});
io.on("connection", (socket) => {
  socket.on("who", (answer) => answer("just a user"));
});

const user = connect(url);
console.log(await user.emitWithAck("who"));
const stranger = connect(`${url}/admin`, { reconnection: false });
console.log(
  await new Promise((resolve) => stranger.on("connect_error", (e) => resolve(e.message))),
);
const admin = connect(`${url}/admin`, { auth: { password: "admin" }, forceNew: true });
console.log(await admin.emitWithAck("delete user", "eve"));
const workspace = connect(`${url}/workspace-7`);
console.log(await new Promise((resolve) => workspace.on("hello", resolve)));
const nowhere = connect(`${url}/nowhere`, { reconnection: false });
console.log(await new Promise((resolve) => nowhere.on("connect_error", (e) => resolve(e.message))));
for (const client of [user, stranger, admin, workspace, nowhere]) client.disconnect();
io.close();
// Prints:
// just a user
// unauthorized
// eve deleted
// /workspace-7
// Invalid namespace
