// Devices with keys send readings; dashboards see the last ones at once, and what comes.
import { Server } from "socket.io";
import { io as connect } from "socket.io-client";

const io = new Server(0);
const url = `http://localhost:${io.httpServer.address().port}`;
const devices = io.of("/devices");
const dashboards = io.of("/dashboards");
const last = new Map();

devices.use((socket, next) => {
  next(socket.handshake.headers["x-device-key"] === "k1" ? undefined : new Error("unknown device"));
});
devices.on("connection", (socket) => {
  socket.on("reading", (reading) => {
    last.set(reading.sensor, reading.value);
    dashboards.volatile.emit("reading", reading);
  });
});
dashboards.on("connection", (socket) => socket.emit("all", Object.fromEntries(last)));

const options = { transports: ["websocket"], forceNew: true };
const next = (socket, event) => new Promise((resolve) => socket.once(event, resolve));
const wrong = connect(`${url}/devices`, { ...options, reconnection: false });
console.log((await next(wrong, "connect_error")).message);
const device = connect(`${url}/devices`, { ...options, extraHeaders: { "x-device-key": "k1" } });
const first = connect(`${url}/dashboards`, options);
console.log(await next(first, "all"));
const came = next(first, "reading");
device.emit("reading", { sensor: "t1", value: 21.5 });
console.log(await came);
const second = connect(`${url}/dashboards`, options);
console.log(await next(second, "all"));
for (const client of [wrong, device, first, second]) client.disconnect();
io.close();
// Prints:
// unknown device
// {}
// { sensor: 't1', value: 21.5 }
// { t1: 21.5 }
