/** Bun's own WebSocket server, as its documentation writes an echo server and a topic. */
import { announce, host, settings } from "./start.mjs";

const server = Bun.serve({
  hostname: host,
  port: 0,
  fetch(request, server) {
    if (server.upgrade(request, { data: { path: new URL(request.url).pathname } })) return;
    return new Response("Upgrade Required", { status: 426 });
  },
  websocket: {
    maxPayloadLength: settings.maxPayloadBytes,
    backpressureLimit: settings.maxPayloadBytes,
    perMessageDeflate: settings.deflate,
    open(socket) {
      if (socket.data.path === "/subscribe") socket.subscribe("news");
    },
    message(socket, message) {
      if (socket.data.path === "/publish") server.publish("news", message, settings.deflate);
      else socket.send(message);
    },
  },
});

announce(server.port);
