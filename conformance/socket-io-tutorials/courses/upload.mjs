// "How to upload a file", and how to send one back.
import { createHash } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import { Server } from "socket.io";
import { io as connect } from "socket.io-client";

const httpServer = createServer();
const io = new Server(httpServer, { maxHttpBufferSize: 1e8 });

io.on("connection", (socket) => {
  socket.on("upload", (file, callback) => {
    console.log(file instanceof Buffer, file.length);
    callback({ message: createHash("sha1").update(file).digest("hex").slice(0, 8) });
  });
  socket.on("download", (name, callback) => {
    callback({ name, parts: [Buffer.from("first"), Buffer.from("second")] });
  });
});

await once(httpServer.listen(0), "listening");
const url = `http://localhost:${httpServer.address().port}`;
const file = Buffer.alloc(3_000_000, "abc");
for (const transport of ["polling", "websocket"]) {
  const socket = connect(url, { forceNew: true, transports: [transport] });
  console.log(await socket.emitWithAck("upload", file));
  const { name, parts } = await socket.emitWithAck("download", "text.txt");
  console.log(name, parts.map(String));
  socket.disconnect();
}
io.close();

// Prints:
//   true 3000000
//   { message: 'e3f12e34' }
//   text.txt [ 'first', 'second' ]
//   true 3000000
//   { message: 'e3f12e34' }
//   text.txt [ 'first', 'second' ]
