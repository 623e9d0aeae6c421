// A stock ticker with rooms as subscriptions.
import { Server } from "socket.io";
import { io as connect } from "socket.io-client";

const io = new Server(0);
const url = `http://localhost:${io.httpServer.address().port}`;

io.on("connection", (socket) => {
  socket.on("subscribe", (symbols, done) => {
    socket.join(symbols.map((symbol) => `ticker:${symbol}`));
    done([...socket.rooms].filter((room) => room !== socket.id).toSorted());
  });
  socket.on("unsubscribe", (symbol, done) => {
    socket.leave(`ticker:${symbol}`);
    done();
  });
});
io.of("/").adapter.on(
  "create-room",
  (room) => room.startsWith("ticker") && console.log("create", room),
);
io.of("/").adapter.on(
  "delete-room",
  (room) => room.startsWith("ticker") && console.log("delete", room),
);

const client = connect(url);
console.log(await client.emitWithAck("subscribe", ["ACME", "INIT"]));
const prices = [];
const all = new Promise((resolve) => {
  client.on("price", (symbol, price) => prices.push(`${symbol} ${price}`) === 3 && resolve());
});
io.to("ticker:ACME").emit("price", "ACME", 10.5);
io.to("ticker:NONE").emit("price", "NONE", 1);
io.to("ticker:ACME").to("ticker:INIT").emit("price", "BOTH", 2);
io.to("ticker:INIT").emit("price", "INIT", 3);
await all;
console.log(prices);
await client.emitWithAck("unsubscribe", "ACME");
client.disconnect();
io.close();
// Prints:
// create ticker:ACME
// create ticker:INIT
// [ 'ticker:ACME', 'ticker:INIT' ]
// [ 'ACME 10.5', 'BOTH 2', 'INIT 3' ]
// delete ticker:ACME
// delete ticker:INIT
