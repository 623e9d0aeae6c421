// The end of the official tutorial: messages that arrive once, and what was missed is sent again.
import { once } from "node:events";
import { createServer } from "node:http";
import { Server } from "socket.io";
import { io as connect } from "socket.io-client";

// In place of the table in the tutorial's database.
const messages = [];
const offsets = new Set();

const httpServer = createServer();
const io = new Server(httpServer);
let drops = 1;

io.on("connection", async (socket) => {
  socket.on("chat message", async (msg, clientOffset, callback) => {
    if (offsets.has(clientOffset)) return callback(); // the message was already inserted
    offsets.add(clientOffset);
    messages.push(msg);
    io.emit("chat message", msg, messages.length);
    if (drops-- > 0) return; // the answer is lost: the client sends again
    callback();
  });

  if (!socket.recovered) {
    const offset = socket.handshake.auth.serverOffset || 0;
    for (let id = offset; id < messages.length; id += 1) {
      socket.emit("chat message", messages[id], id + 1);
    }
  }
});

await once(httpServer.listen(0), "listening");
const url = `http://localhost:${httpServer.address().port}`;
const page = () => {
  const socket = connect(url, {
    forceNew: true,
    auth: { serverOffset: 0 },
    ackTimeout: 300,
    retries: 10,
  });
  const shown = [];
  socket.on("chat message", (msg, serverOffset) => {
    shown.push(msg);
    socket.auth.serverOffset = serverOffset;
  });
  return { socket, shown };
};
const shows = async ({ socket, shown }, count) => {
  while (shown.length < count) await once(socket, "chat message");
  return shown;
};

const ann = page();
const bob = page();
ann.socket.emit("chat message", "one", "ann-0");
ann.socket.emit("chat message", "two", "ann-1");
console.log("ann", await shows(ann, 2), "bob", await shows(bob, 2));

bob.socket.disconnect();
ann.socket.emit("chat message", "three", "ann-2");
await shows(ann, 3);
bob.socket.connect();
console.log("bob", await shows(bob, 3));
console.log("kept", messages);
ann.socket.disconnect();
bob.socket.disconnect();
io.close();

// Prints:
//   ann [ 'one', 'two' ] bob [ 'one', 'two' ]
//   bob [ 'one', 'two', 'three' ]
//   kept [ 'one', 'two', 'three' ]
