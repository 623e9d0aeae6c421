/** Why a packet was refused. The connection that sent it is closed: "parse error". */
export const packetFaults = {
  UNKNOWN_TYPE: "unknown packet type",
  BAD_ATTACHMENT_COUNT: "illegal attachments: a count from 1 and a dash must follow the type",
  TOO_MANY_ATTACHMENTS: "too many attachments",
  NAMESPACE_TOO_LONG: "the namespace is too long",
  BAD_ID: "the acknowledgement id is not a safe integer",
  BAD_JSON: "invalid payload: not JSON",
  BAD_PAYLOAD: "invalid payload: not what this type of packet carries",
  TOO_DEEP: "invalid payload: nested too deeply",
  BAD_PLACEHOLDER: "illegal attachments: a placeholder without its attachment",
  UNEXPECTED_TEXT: "got text while attachments are missing",
  UNEXPECTED_BINARY: "got an attachment that no packet announced",
} as const;

/** A key of {@link packetFaults}. */
export type PacketFault = keyof typeof packetFaults;

/** The peer sent what is no Socket.IO packet, or one beyond a limit. */
export class PacketError extends Error {
  readonly fault: PacketFault;
  /** `"OPENLINE_PACKET_"` and the fault. */
  readonly code: string;

  static {
    Object.defineProperty(PacketError.prototype, "name", {
      value: "PacketError",
      configurable: true,
    });
  }

  constructor(fault: PacketFault) {
    super(packetFaults[fault]);
    this.fault = fault;
    this.code = `OPENLINE_PACKET_${fault}`;
  }
}
