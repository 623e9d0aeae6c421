// A page on the port of its development server, the API on another: cors.
import { once } from "node:events";
import { createServer } from "node:http";
import cors from "cors";
import express from "express";
import { Server } from "socket.io";
import { io as connect } from "socket.io-client";

const page = createServer((_req, res) => res.end("<script>…</script>"));
await once(page.listen(0), "listening");
const origin = `http://localhost:${page.address().port}`;

const app = express();
app.use(cors({ origin }));
app.get("/api", (_req, res) => res.json({ ok: true }));
const httpServer = createServer(app);
const io = new Server(httpServer, {
  cors: { origin, methods: ["GET", "POST"], credentials: true, allowedHeaders: ["x-mine"] },
});
io.on("connection", (socket) => socket.emit("origin", socket.handshake.headers.origin === origin));

await once(httpServer.listen(0), "listening");
const url = `http://localhost:${httpServer.address().port}`;
const poll = `${url}/socket.io/?EIO=4&transport=polling`;

const preflight = await fetch(poll, {
  method: "OPTIONS",
  headers: { Origin: origin, "Access-Control-Request-Method": "POST" },
});
console.log(preflight.status);
for (const name of ["origin", "methods", "credentials", "headers"]) {
  const value = preflight.headers.get(`access-control-allow-${name}`);
  console.log(name, value === origin ? "the page's" : value);
}
const answer = await fetch(poll, { headers: { Origin: origin } });
console.log(answer.status, answer.headers.get("access-control-allow-origin") === origin);
await answer.text();
const api = await fetch(`${url}/api`, { headers: { Origin: origin } });
console.log(await api.json(), api.headers.get("access-control-allow-origin") === origin);

for (const transport of ["polling", "websocket"]) {
  const socket = connect(url, {
    forceNew: true,
    transports: [transport],
    withCredentials: true,
    extraHeaders: { Origin: origin },
  });
  console.log(transport, (await once(socket, "origin"))[0]);
  socket.disconnect();
}
page.close();
page.closeAllConnections();
io.close();
httpServer.closeAllConnections();

// Prints:
//   204
//   origin the page's
//   methods GET,POST
//   credentials true
//   headers x-mine
//   200 true
//   { ok: true } true
//   polling true
//   websocket true
