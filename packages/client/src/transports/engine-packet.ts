import { type EnginePacketName, enginePacketNames } from "@openline/protocol/engine";

/** One Engine.IO packet. */
export interface EnginePacket {
  /** Undefined if it could not be read. */
  readonly type: EnginePacketName | undefined;
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
  return { type: enginePacketNames[text[0] as never], data: text.slice(1) }; // a digit is a number
}

/** A packet without bytes as text. */
export function writePacket({ type, data = "" }: EnginePacket): string {
  return `${enginePacketNames.indexOf(type!)}${data}`;
}
