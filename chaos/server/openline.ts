import { join } from "node:path";
import { lmdbLog } from "@openline/lmdb";
import { DeliveryError, LogError, Server, type Socket } from "openline";
import type { Answer, Content, Logged } from "../checker/history.ts";
import { readAnswer } from "../clients/dialect.ts";
import { closedRoom } from "../plan/plan.ts";
import { plantBug } from "./planted-log.ts";
import type { Body, StartSubject } from "./subject.ts";
import { messageEvent, revokedMessage } from "./subject.ts";

const pageSize = 1000;
/** None of the rooms but the short one comes so far in a round. */
const maxMessages = 1_000_000;
/** sysexits.h: an error of the input or output. */
const ioErrorCode = 74;

/** Openline with durable rooms on LMDB, as its documentation sets it up. */
export const startOpenline: StartSubject = (http, settings) => {
  const log = plantBug(lmdbLog({ path: join(settings.folder, "log") }), settings.plant);
  const io = new Server(http, {
    pingInterval: settings.pingIntervalMs,
    pingTimeout: settings.pingTimeoutMs,
    log,
    connectionStateRecovery: { principal: tokenOf },
  });
  const revoked = new Set(settings.revoked);
  const authorize = (_: Socket, action: string, room: string): boolean =>
    action !== "publish" || room !== closedRoom;
  const rule = { delivery: "durable", authorize } as const;
  io.rooms("*", { ...rule, history: { maxMessages } });
  io.rooms("short:*", { ...rule, history: { maxMessages: settings.shortMessages } });
  log.onFailure = (error) => {
    process.stderr.write(`${String(error)}\n`);
    process.exit(ioErrorCode);
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
  });

  return Promise.resolve({
    async publish(body: Body): Promise<Answer> {
      const { room, id } = body;
      try {
        return readAnswer({ ...(await io.room(room).publish(messageEvent, body, { id })) });
      } catch (error) {
        if (error instanceof DeliveryError) return readAnswer({ ...error.toRefusal() });
        // It may be on the log, says the documentation of publish().
        if (error instanceof LogError) return { kind: "unknown" };
        throw error;
      }
    },
    emit(body: Body): void {
      io.to(body.room).emit(messageEvent, body);
    },
    async history(room: string, after: number) {
      const { messages, position } = await io.room(room).history({ after, limit: pageSize });
      return {
        epoch: position.epoch,
        headOffset: position.offset,
        messages: messages.map(({ offset, args }): Logged => {
          const { publisher, sequence, room, id } = args[0] as Content; // all that is published here
          return { publisher, sequence, room, id, offset };
        }),
      };
    },
    revoke(token: string): void {
      revoked.add(token);
      for (const socket of io.of("/").sockets.values()) {
        if (tokenOf(socket) === token) socket.disconnect(true);
      }
    },
    close: (graceMs: number) => io.close({ graceMs }),
  });
};

function tokenOf(socket: Socket): string {
  return String(socket.handshake.auth.token);
}
