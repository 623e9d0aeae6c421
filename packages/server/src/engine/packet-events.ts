import type { EventEmitter } from "node:events";
import {
  type EnginePacketName,
  type EnginePacketType,
  enginePacketNames,
} from "@openline/protocol/engine";
import type { MessagePart } from "../messages/encoded-message.ts";
import type { SendFlags } from "../transports/transport.ts";

// What those see who listen to a session's packets and messages: nothing is made for nobody.

/** A packet as the events `packet` and `packetCreate` show it. */
export interface EnginePacket {
  readonly type: EnginePacketName;
  readonly data?: string | Buffer | Uint8Array;
  readonly options?: SendFlags;
}

/** Shows a packet that has come as text. */
export function showReceived(socket: EventEmitter, type: EnginePacketType, text: string): void {
  if (socket.listenerCount("packet") === 0) return;
  const name = enginePacketNames[type] as EnginePacketName; // 0 to 6
  socket.emit("packet", text === "" ? { type: name } : { type: name, data: text });
}

/** Shows a message, by both of its names. */
export function showMessage(socket: EventEmitter, data: string | Buffer): void {
  if (socket.listenerCount("data") > 0) socket.emit("data", data);
  if (socket.listenerCount("message") > 0) socket.emit("message", data);
}

/** Shows a packet that is about to be sent. */
export function showCreated(
  socket: EventEmitter,
  part: MessagePart,
  flags: SendFlags | undefined,
): void {
  if (socket.listenerCount("packetCreate") === 0) return;
  const options = { compress: flags?.compress !== false };
  if (typeof part !== "string") {
    socket.emit("packetCreate", { type: "message", data: part, options });
    return;
  }
  const type = enginePacketNames[part.charCodeAt(0) - 48] as EnginePacketName; // made by us
  const data = part.slice(1);
  socket.emit("packetCreate", data === "" ? { type, options } : { type, data, options });
}
