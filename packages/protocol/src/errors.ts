/**
 * Why the peer's bytes were refused: the close code that tells the peer (RFC 6455
 * §7.4.1), and the start of the error's message. Keys and close codes are those of
 * `ws`, without its `WS_ERR_`; the last three are our own.
 */
export const faults = {
  EXPECTED_FIN: { closeCode: 1002, message: "Invalid WebSocket frame: FIN must be set" },
  EXPECTED_MASK: { closeCode: 1002, message: "Invalid WebSocket frame: MASK must be set" },
  INVALID_CLOSE_CODE: { closeCode: 1002, message: "Invalid WebSocket frame: invalid status code" },
  INVALID_CONTROL_PAYLOAD_LENGTH: {
    closeCode: 1002,
    message: "Invalid WebSocket frame: invalid payload length",
  },
  INVALID_OPCODE: { closeCode: 1002, message: "Invalid WebSocket frame: invalid opcode" },
  INVALID_UTF8: { closeCode: 1007, message: "Invalid WebSocket frame: invalid UTF-8 sequence" },
  UNEXPECTED_MASK: { closeCode: 1002, message: "Invalid WebSocket frame: MASK must be clear" },
  UNEXPECTED_RSV_1: { closeCode: 1002, message: "Invalid WebSocket frame: RSV1 must be clear" },
  UNEXPECTED_RSV_2_3: {
    closeCode: 1002,
    message: "Invalid WebSocket frame: RSV2 and RSV3 must be clear",
  },
  UNSUPPORTED_DATA_PAYLOAD_LENGTH: {
    closeCode: 1009,
    message: "Unsupported WebSocket frame: payload length > 2^53 - 1",
  },
  UNSUPPORTED_MESSAGE_LENGTH: { closeCode: 1009, message: "Max payload size exceeded" },
  TOO_MANY_BUFFERED_PARTS: { closeCode: 1008, message: "Too many message fragments or chunks" },
  /** The peer sends pings and does not read the pongs. */
  TOO_MANY_PENDING_PONGS: { closeCode: 1008, message: "Too many unread pongs" },
  /** The peer began a message and did not finish it in time. */
  MESSAGE_TIMEOUT: { closeCode: 1008, message: "A started message was not finished in time" },
  INVALID_DEFLATE_DATA: { closeCode: 1007, message: "Invalid compressed data" },
} as const;

/** A key of {@link faults}. */
export type Fault = keyof typeof faults;

/** The peer broke the protocol or a limit: the connection is failed with `closeCode`. */
export class PeerError extends Error {
  readonly fault: Fault;
  /** The close code that tells the peer why (RFC 6455 §7.4.1). */
  readonly closeCode: number;
  /** `"WS_ERR_"` and the fault: the name to search for, the same as in `ws`. */
  readonly code: string;

  static {
    // On the prototype, so that making an error costs nothing more.
    Object.defineProperty(PeerError.prototype, "name", { value: "PeerError", configurable: true });
  }

  /** `detail` says what exactly was seen, and follows the fault's message in brackets. */
  constructor(fault: Fault, detail?: string) {
    const { closeCode, message } = faults[fault];
    super(detail === undefined ? message : `${message} (${detail})`);
    this.fault = fault;
    this.closeCode = closeCode;
    this.code = `WS_ERR_${fault}`;
  }
}

/**
 * An opening handshake that was refused: on the server by us, with the HTTP
 * `status` and `headers` to answer; on the client because of what the server
 * answered, with the status it had.
 */
export class HandshakeError extends Error {
  readonly status: number;
  /** Fields that the answer must carry, by their usual spelling. */
  readonly headers: Readonly<Record<string, string>>;
  readonly code: string = "WS_ERR_HANDSHAKE";

  static {
    Object.defineProperty(HandshakeError.prototype, "name", {
      value: "HandshakeError",
      configurable: true,
    });
  }

  constructor(status: number, message: string, headers: Readonly<Record<string, string>> = {}) {
    super(message);
    this.status = status;
    this.headers = headers;
  }
}
