/** What every Socket.IO server of the bench does, in the words of its documentation. */

/** @param {import("socket.io").Server} io */
export function handle(io) {
  io.on("connection", (socket) => {
    const { role } = socket.handshake.auth;
    if (role === "subscribe") {
      socket.join("news");
    } else if (role === "publish") {
      socket.on("news", (text) => io.to("news").emit("news", text));
    } else {
      socket.on("msg", (text) => socket.emit("msg", text));
    }
  });
}
