// What tutorials of old begin with.
const http = require("node:http").createServer();
const io = require("openline")(http);
const { Server, Namespace, Socket } = require("openline");

console.log("a server", io instanceof Server);
console.log("its main namespace", io.sockets instanceof Namespace, typeof Socket);
http.listen(0, async () => {
  const { port } = http.address();
  const answer = await fetch(`http://localhost:${port}/socket.io/?EIO=4&transport=polling`);
  console.log("handshake", answer.status, (await answer.text()).slice(0, 8));
  const bundle = await fetch(`http://localhost:${port}/socket.io/socket.io.min.js`);
  console.log("bundle", bundle.status, (await bundle.text()).startsWith("/*! @openline/client"));
  await io.close();
  console.log("server closed");
});
