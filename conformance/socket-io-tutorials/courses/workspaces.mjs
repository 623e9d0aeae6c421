// Dynamic namespaces: one for each workspace.
import { once } from "node:events";
import { createServer } from "node:http";
import { Server } from "socket.io";
import { io as connect } from "socket.io-client";

const httpServer = createServer();
const io = new Server(httpServer, { cleanupEmptyChildNamespaces: true });

const workspaces = io.of(/^\/\w+$/);

workspaces.on("connection", (socket) => {
  const workspace = socket.nsp;
  workspace.emit("hello", workspace.name);
});

workspaces.use((socket, next) => {
  if (socket.handshake.auth.member) next();
  else next(new Error("you are not a member"));
});

await once(httpServer.listen(0), "listening");
const url = `http://localhost:${httpServer.address().port}`;
const options = { forceNew: true, auth: { member: true } };

const blue = connect(`${url}/blue`, options);
console.log((await once(blue, "hello"))[0]);
const red = connect(`${url}/red`, options);
console.log((await once(red, "hello"))[0]);

const guest = connect(`${url}/blue`, { forceNew: true });
console.log((await once(guest, "connect_error"))[0].message);

const heard = [once(blue, "all"), once(red, "all")];
workspaces.emit("all", "of you");
console.log(await Promise.all(heard));
for (const socket of [blue, red, guest]) socket.disconnect();
io.close();

// Prints:
//   /blue
//   /red
//   you are not a member
//   [ [ 'of you' ], [ 'of you' ] ]
