import { lmdbLog } from "@openline/lmdb";
import { memoryLog, Server } from "openline";
import { chatLimits } from "../../protocol/chat.ts";
import { chatContract } from "../../protocol/chat-contract.ts";
import type { Site } from "../site.ts";
import { authenticateBy } from "./authenticate.ts";
import { Company } from "./company.ts";
import { roomOf } from "./room-names.ts";
import { stampPublishes } from "./stamp.ts";

export interface ChatOptions {
  /** The folder of the log; null keeps it in memory. */
  readonly dataPath: string | null;
  /** What the simulated people say who they are by; undefined: there are none. */
  readonly botKey: string | undefined;
}

/** How long connections get to say goodbye. */
const graceMs = 2_000;

/** Hangs the chat into the site: durable rooms on an embedded log, and who is in them. */
export function attachChat(site: Site, { dataPath, botKey }: ChatOptions): void {
  const io = new Server(site.httpServer, {
    log: dataPath === null ? memoryLog() : lmdbLog({ path: dataPath }),
    contract: chatContract,
    validateOutgoing: "development",
    authenticate: authenticateBy(botKey),
    serveClient: false,
    // A frozen server or a dead line is to be seen while one looks.
    pingInterval: 4_000,
    pingTimeout: 4_000,
    limits: {
      connections: chatLimits.connections,
      events: {
        "openline:publish": {
          messages: { perSecond: chatLimits.publishesPerSecond, burst: chatLimits.burstPublishes },
        },
      },
    },
  });

  io.rooms("chat:*", {
    delivery: "durable",
    history: { maxMessages: chatLimits.historyMessages, maxAgeMs: 30 * 86_400_000 },
    authorize: (_socket, _action, room) => roomOf(room, "chat:") !== undefined,
  });
  io.rooms("live:*", {
    delivery: "ephemeral",
    authorize: (_socket, action, room) =>
      action !== "history" && roomOf(room, "live:") !== undefined,
  });

  const company = new Company(io);
  io.on("connection", (socket) => {
    company.arrived(socket);
    stampPublishes(socket, () => company.authorOf(socket));
    socket.on("rename", (name, answer) => answer(company.rename(socket, name)));
    socket.on("cut", () => socket.conn.abort());
    socket.on("disconnecting", (reason) => company.departing(socket, reason));
  });
  site.onShutdown(async () => {
    company.close();
    await io.close({ graceMs });
  });
}
