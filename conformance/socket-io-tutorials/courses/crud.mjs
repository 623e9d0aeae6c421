// "Basic CRUD application": events that are answered, with errors as answers.
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import { Server } from "socket.io";
import { io as connect } from "socket.io-client";

const todos = new Map();

const createTodo = (socket) => (payload, callback) => {
  if (typeof callback !== "function") {
    return;
  }
  if (typeof payload?.title !== "string" || payload.title === "") {
    return callback({ error: "invalid payload" });
  }
  const id = randomUUID();
  todos.set(id, { ...payload, id });
  callback({ data: id });
  socket.broadcast.emit("todo:created", { ...payload, id });
};

const httpServer = createServer();
const io = new Server(httpServer, {
  cors: { origin: ["http://localhost:4200"] },
});

io.on("connection", (socket) => {
  socket.on("todo:create", createTodo(socket));
  socket.on("todo:list", (callback) => callback({ data: [...todos.values()] }));
  socket.on("todo:delete", (id, callback) => {
    if (!todos.delete(id)) return callback({ error: "entity not found" });
    callback();
    socket.broadcast.emit("todo:deleted", id);
  });
});

await once(httpServer.listen(0), "listening");
const url = `http://localhost:${httpServer.address().port}`;
const ann = connect(url, { forceNew: true });
const bob = connect(url, { forceNew: true });
await Promise.all([once(ann, "connect"), once(bob, "connect")]);

console.log(await ann.emitWithAck("todo:create", { title: "" }));
ann.emit("todo:create", "no callback");
const created = once(bob, "todo:created");
const { data: id } = await ann.emitWithAck("todo:create", { title: "write tests" });
const [todo] = await created;
console.log(todo.title, todo.id === id);
console.log((await bob.emitWithAck("todo:list")).data.length);
const deleted = once(ann, "todo:deleted");
console.log(await bob.emitWithAck("todo:delete", id));
console.log((await deleted)[0] === id);
console.log(await bob.emitWithAck("todo:delete", id));
ann.disconnect();
bob.disconnect();
io.close();

// Prints:
//   { error: 'invalid payload' }
//   write tests true
//   1
//   undefined
//   true
//   { error: 'entity not found' }
