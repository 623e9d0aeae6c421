// A shared text: operations with versions, those that are behind get what they miss.
import { Server } from "socket.io";
import { io as connect } from "socket.io-client";

const io = new Server(0);
const url = `http://localhost:${io.httpServer.address().port}`;
const operations = [];

io.on("connection", (socket) => {
  socket.on("open", (documentId, answer) => {
    socket.join(documentId);
    answer(operations);
  });
  socket.on("edit", ({ documentId, version, insert, at }, answer) => {
    if (version !== operations.length) return answer({ missed: operations.slice(version) });
    const operation = { version, insert, at };
    operations.push(operation);
    socket.to(documentId).emit("edited", operation);
    answer({ version: operations.length });
  });
});

const apply = (text, { insert, at }) => text.slice(0, at) + insert + text.slice(at);
const [ann, bob] = [connect(url, { forceNew: true }), connect(url, { forceNew: true })];
let bobs = (await bob.emitWithAck("open", "doc")).reduce(apply, "");
await ann.emitWithAck("open", "doc");
const edited = new Promise((resolve) => bob.on("edited", resolve));
console.log(
  await ann.emitWithAck("edit", { documentId: "doc", version: 0, insert: "Hello", at: 0 }),
);
const behind = await bob.emitWithAck("edit", { documentId: "doc", version: 0, insert: "!", at: 0 });
console.log(behind);
bobs = [await edited].reduce(apply, bobs);
console.log(await bob.emitWithAck("edit", { documentId: "doc", version: 1, insert: "!", at: 5 }));
console.log(operations.reduce(apply, ""), bobs);
ann.disconnect();
bob.disconnect();
io.close();
// Prints:
// { version: 1 }
// { missed: [ { version: 0, insert: 'Hello', at: 0 } ] }
// { version: 2 }
// Hello! Hello
