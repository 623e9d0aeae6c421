import type { Server } from "node:http";
import type { Socket } from "node:net";

/**
 * The connections of an HTTP server on which nothing has come yet: browsers open some ahead, for what
 * they may ask. A server that closes would wait a minute for each of them.
 */
export class SilentConnections {
  private readonly sockets = new Set<Socket>();

  constructor(server: Server) {
    const { sockets } = this;
    // One for all: it is called upon the socket.
    function forget(this: Socket): void {
      sockets.delete(this);
    }
    const add = (socket: Socket): void => {
      sockets.add(socket);
      socket.on("close", forget);
    };
    server.on("connection", add);
    // What TLS itself has read is not counted to these.
    server.on("secureConnection", add);
  }

  end(): void {
    for (const socket of this.sockets) if (socket.bytesRead === 0) socket.destroy();
  }
}
