// Acknowledgements: callbacks, promises, timeouts, of one and of many.
import { Server } from "socket.io";
import { io as connect } from "socket.io-client";

const io = new Server(0);
const url = `http://localhost:${io.httpServer.address().port}`;

io.on("connection", (socket) => {
  socket.on("update item", (id, data, callback) => {
    callback({ status: "ok", id, ...data });
  });
  socket.on("never", () => {});
});

const one = connect(url, { forceNew: true });
const two = connect(url, { forceNew: true });
one.on("question", (callback) => callback("one"));
two.on("question", (callback) => callback("two"));
await Promise.all([one, two].map((c) => new Promise((resolve) => c.on("connect", resolve))));

console.log(await one.emitWithAck("update item", "1", { name: "updated" }));
one.timeout(50).emit("never", (err) => console.log(err instanceof Error, err.message));
await one
  .timeout(50)
  .emitWithAck("never")
  .catch((err) => console.log(err.message));
console.log((await io.timeout(5000).emitWithAck("question")).toSorted());
two.off("question");
try {
  await io.timeout(100).emitWithAck("question");
} catch (err) {
  console.log(err.message, err.responses);
}
one.disconnect();
two.disconnect();
io.close();
// Prints:
// { status: 'ok', id: '1', name: 'updated' }
// true operation has timed out
// operation has timed out
// [ 'one', 'two' ]
// operation has timed out [ 'one' ]
