import { type EnginePacketName, enginePacketNames } from "@openline/protocol/engine";

/** One Engine.IO packet; `error` is what could not be read. */
export interface EnginePacket {
  readonly type: EnginePacketName | "error";
  /** Text, or what the platform has for bytes. */
  readonly data?: unknown;
  readonly options?: WriteOptions | undefined;
}

/** How one message is sent. */
export interface WriteOptions {
  /** Whether it may be compressed, where that can be said for each message. */
  compress?: boolean | undefined;
}

/** Reads a packet of text. */
export function readPacket(text: string): EnginePacket {
  const type = enginePacketNames[text[0] as never]; // a digit is as good as a number
  return type ? { type, data: text.slice(1) } : { type: "error", data: "parser error" };
}

/** A packet without bytes as text. */
export function writePacket({ type, data = "" }: EnginePacket): string {
  return `${enginePacketNames.indexOf(type as EnginePacketName)}${data}`;
}
