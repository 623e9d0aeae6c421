/** The kinds of Engine.IO packets, as the digit that begins each (Engine.IO protocol v4). */
export const enginePackets = {
  open: 0,
  close: 1,
  ping: 2,
  pong: 3,
  message: 4,
  upgrade: 5,
  noop: 6,
} as const;

/** The name of a kind of packet. */
export type EnginePacketName = keyof typeof enginePackets;

export type EnginePacketType = (typeof enginePackets)[EnginePacketName];

/** By number. */
export const enginePacketNames: readonly EnginePacketName[] = [
  "open",
  "close",
  "ping",
  "pong",
  "message",
  "upgrade",
  "noop",
];

/** The first character of a binary message where there is only text. */
export const BASE64_MARK = "b";

/** The type of the packet that `text` is; -1 if it is none. */
export function packetTypeOf(text: string): EnginePacketType | -1 {
  const type = text.charCodeAt(0) - 48;
  return type >= 0 && type <= 6 ? (type as EnginePacketType) : -1;
}
