// A React component's life with a socket: connect, listen, clean up, connect again.
import { Server } from "socket.io";
import { io } from "socket.io-client";

const server = new Server(0);
server.on("connection", (socket) => {
  socket.on("create-something", (value, callback) => {
    socket.emit("foo", value.toUpperCase());
    callback();
  });
});

const socket = io(`http://localhost:${server.httpServer.address().port}`, { autoConnect: false });
let isConnected = socket.connected;
const fooEvents = [];
const onConnect = () => (isConnected = true);
const onDisconnect = () => (isConnected = false);
const onFooEvent = (value) => fooEvents.push(value);

function mount() {
  socket.on("connect", onConnect);
  socket.on("disconnect", onDisconnect);
  socket.on("foo", onFooEvent);
  return () => {
    socket.off("connect", onConnect);
    socket.off("disconnect", onDisconnect);
    socket.off("foo", onFooEvent);
  };
}

console.log("before", isConnected);
const unmount = mount();
socket.connect();
await socket.timeout(5000).emitWithAck("create-something", "hello");
console.log("connected", isConnected, fooEvents);
unmount();
await socket.emitWithAck("create-something", "unheard");
console.log("unmounted", fooEvents);
mount();
socket.disconnect();
console.log("disconnected", isConnected);
socket.connect();
await socket.emitWithAck("create-something", "again");
console.log("again", isConnected, fooEvents);
socket.disconnect();
server.close();
// Prints:
// before false
// connected true [ 'HELLO' ]
// unmounted [ 'HELLO' ]
// disconnected false
// again true [ 'HELLO', 'AGAIN' ]
