/** The kinds of packets, as the digit that begins each (Socket.IO protocol v5). */
export const packetTypes = {
  connect: 0,
  disconnect: 1,
  event: 2,
  ack: 3,
  connectError: 4,
  /** An event whose attachments follow, each in a binary message of its own. */
  binaryEvent: 5,
  /** An acknowledgement whose attachments follow. */
  binaryAck: 6,
} as const;

export type PacketType = (typeof packetTypes)[keyof typeof packetTypes];

/** One Socket.IO packet, its attachments in their places. */
export interface Packet {
  /** Never `binaryEvent` or `binaryAck` once it is decoded: these are `event` and `ack`. */
  type: PacketType;
  /** The namespace: "/" or "/" and a name. */
  nsp: string;
  /**
   * event: the name and the arguments; ack: the answer's arguments; connect: an object or
   * nothing; connectError: an object or text; disconnect: nothing.
   */
  data?: unknown;
  /** What the acknowledgement of this event will carry, or what this one acknowledges. */
  id?: number | undefined;
}

/** Names that mean something to one of the two sides, so that no event may have them. */
export const reservedEvents: ReadonlySet<string> = new Set([
  "connect",
  "connect_error",
  "disconnect",
  "disconnecting",
  "newListener",
  "removeListener",
]);

/** Bounds on what a peer may send in one packet. */
export interface PacketLimits {
  /** Binary attachments of one packet. */
  readonly maxAttachments: number;
  /** UTF-16 code units of a namespace's name. */
  readonly maxNamespaceLength: number;
  /** Arrays and objects within each other, in a packet that has attachments. */
  readonly maxDepth: number;
}

export const packetLimits: PacketLimits = {
  maxAttachments: 10,
  maxNamespaceLength: 1_024,
  maxDepth: 200,
};
