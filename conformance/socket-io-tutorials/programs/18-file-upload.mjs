// A file in parts, each acknowledged, as binary.
import { createHash, randomBytes } from "node:crypto";
import { Server } from "socket.io";
import { io as connect } from "socket.io-client";

const io = new Server(0, { maxHttpBufferSize: 1e6 });
const url = `http://localhost:${io.httpServer.address().port}`;

io.on("connection", (socket) => {
  const hash = createHash("sha256");
  let size = 0;
  socket.on("upload", ({ name, part, isLast }, done) => {
    hash.update(part);
    size += part.length;
    if (isLast) done({ name, size, hash: hash.digest("hex"), isBuffer: Buffer.isBuffer(part) });
    else done();
  });
});

const file = randomBytes(700_000);
for (const transports of [["polling"], ["websocket"]]) {
  const client = connect(url, { transports, forceNew: true });
  let answer;
  for (let at = 0; at < file.length; at += 65_536) {
    const part = file.subarray(at, at + 65_536);
    answer = await client.emitWithAck("upload", {
      name: "a.bin",
      part,
      isLast: at + 65_536 >= file.length,
    });
  }
  const hash = createHash("sha256").update(file).digest("hex");
  console.log(transports[0], answer.name, answer.size, answer.isBuffer, answer.hash === hash);
  client.disconnect();
}
io.close();
// Prints:
// polling a.bin 700000 true true
// websocket a.bin 700000 true true
