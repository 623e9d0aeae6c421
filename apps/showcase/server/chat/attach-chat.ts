import { createHash, randomUUID } from "node:crypto";
import { type WebSocket, WebSocketServer } from "@openline/websocket";
import {
  chatLimits,
  chatPath,
  replacedCloseCode,
  type ServerMessage,
} from "../../protocol/chat.ts";
import type { Site } from "../site.ts";
import { Chat, type ChatWorld, type Line, refuse } from "./chat.ts";
import { parseClientMessage } from "./parse-client-message.ts";

/** The chat's end of one WebSocket. */
class SocketLine implements Line {
  readonly socket: WebSocket;

  constructor(socket: WebSocket) {
    this.socket = socket;
  }

  send(message: ServerMessage): void {
    this.socket.send(JSON.stringify(message));
  }

  subscribe(topic: string): void {
    this.socket.subscribe(topic);
  }

  unsubscribe(topic: string): void {
    this.socket.unsubscribe(topic);
  }

  replace(): void {
    this.socket.close(replacedCloseCode, "this session has a newer connection");
  }

  cut(): void {
    this.socket.terminate();
  }
}

/** Hangs the chat into the site: the tutorials' chat, over our own engine. */
export function attachChat(site: Site): void {
  const server = new WebSocketServer({
    noServer: true,
    maxPayload: chatLimits.payloadBytes,
    maxConnections: chatLimits.connections,
  });
  const chat = new Chat(worldOf(server));
  site.onUpgrade(chatPath, server);
  site.onShutdown(() => chat.close());

  server.on("connection", (socket) => {
    const line = new SocketLine(socket);
    socket.on("message", (data, isBinary) => {
      if (isBinary) {
        refuse(line, "NOT_TEXT");
        return;
      }
      const parsed = parseClientMessage(data.toString());
      if (parsed.refused === undefined) chat.receive(line, parsed.message);
      else refuse(line, parsed.refused.code, parsed.refused);
    });
    socket.on("close", () => chat.lost(line));
  });
}

function worldOf(server: WebSocketServer): ChatWorld {
  return {
    publish(topic, message, except) {
      const text = JSON.stringify(message);
      const options = except instanceof SocketLine ? { except: except.socket } : {};
      server.publish(topic, text, options);
    },
    nowMs: () => Date.now(),
    makeEpoch: () => randomUUID(),
    publicId: (secret) => createHash("sha256").update(secret).digest("hex").slice(0, 16),
    after(delayMs, work) {
      const timer = setTimeout(work, delayMs);
      return () => clearTimeout(timer);
    },
  };
}
