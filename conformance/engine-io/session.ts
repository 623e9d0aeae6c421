/** Text with its type in front, or the bytes of a binary message. */
export type Packet = string | Buffer;

/** What the server says of a new session. */
export interface Handshake {
  readonly sid: string;
  readonly upgrades: readonly string[];
  readonly pingInterval: number;
  readonly pingTimeout: number;
  readonly maxPayload: number;
}

/** A session of either transport, as a client has it. Pings are answered unless told otherwise. */
export interface Session {
  readonly transport: "polling" | "websocket";
  readonly sid: string;
  readonly handshake: Handshake;
  /** Sends packets: in one body, or one frame each. */
  send(...packets: Packet[]): Promise<void>;
  /**
   * The next packet; without the pings that are answered.
   *
   * @throws SessionOver
   */
  next(): Promise<Packet>;
  /** Waits until the session is over; returns the packets until then that are no farewells. */
  untilEnd(): Promise<Packet[]>;
}

/** The server has ended the session. */
export class SessionOver extends Error {}

/** Reads the packet with which each session begins. */
export function readHandshake(packet: Packet | undefined): Handshake {
  if (typeof packet !== "string" || !packet.startsWith("0")) {
    throw new Error(`a session begins with an open packet, not with ${String(packet)}`);
  }
  return JSON.parse(packet.slice(1)) as Handshake;
}

/** The next `count` packets. */
export async function several(session: Session, count: number): Promise<Packet[]> {
  const packets: Packet[] = [];
  while (packets.length < count) packets.push(await session.next());
  return packets;
}
