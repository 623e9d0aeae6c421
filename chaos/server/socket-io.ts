import { Server, type Socket } from "socket.io";
import type { Content } from "../checker/history.ts";
import { closedRoom } from "../plan/plan.ts";
import type { StartSubject } from "./subject.ts";
import { messageEvent, revokedMessage } from "./subject.ts";

/**
 * Stock Socket.IO with connection state recovery, as its documentation sets it up.
 *
 * It acknowledges a publish when it has emitted it, and has no history.
 */
export const startSocketIo: StartSubject = async (http, settings) => {
  const io = new Server(http, {
    pingInterval: settings.pingIntervalMs,
    pingTimeout: settings.pingTimeoutMs,
    connectionStateRecovery: {
      maxDisconnectionDuration: settings.sessionMs,
      skipMiddlewares: false,
    },
  });
  const revoked = new Set(settings.revoked);
  let count = 0;
  const emit = (body: Content): void => void io.to(body.room).emit(messageEvent, body);
  const answer = () => {
    count += 1;
    return { kind: "ok", epoch: "none", offset: count, isDuplicate: false } as const;
  };

  io.use((socket, next) => {
    if (revoked.has(tokenOf(socket))) next(new Error(revokedMessage));
    else next();
  });
  io.on("connection", (socket) => {
    socket.on("enter", async (room: string, done: () => void) => {
      await socket.join(room);
      done();
    });
    socket.on("quit", async (room: string, done: () => void) => {
      await socket.leave(room);
      done();
    });
    socket.on("publish", (body: Content, done: (answer: unknown) => void) => {
      if (body.room === closedRoom) {
        done({ kind: "refused", code: "FORBIDDEN", isFinal: true });
        return;
      }
      emit(body);
      done(answer());
    });
  });

  return {
    publish(body) {
      emit(body);
      return Promise.resolve(answer());
    },
    emit,
    history: () => Promise.reject(new Error("Socket.IO has no history")),
    revoke(token) {
      revoked.add(token);
      for (const socket of io.of("/").sockets.values()) {
        if (tokenOf(socket) === token) socket.disconnect(true);
      }
    },
    close: () => io.close(),
  };
};

function tokenOf(socket: Socket): string {
  return String(socket.handshake.auth.token);
}
