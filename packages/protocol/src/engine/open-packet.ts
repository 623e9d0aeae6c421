/** What the first packet of a session tells the client, in milliseconds and bytes. */
export interface OpenDetails {
  readonly sid: string;
  /** The transports that it may upgrade to. */
  readonly upgrades: readonly string[];
  readonly pingInterval: number;
  readonly pingTimeout: number;
  /** Bytes of one polling body, or of one message. */
  readonly maxPayload: number;
}

/** The packet that opens a session. */
export function openPacket(details: OpenDetails): string {
  return `0${JSON.stringify(details)}`;
}
