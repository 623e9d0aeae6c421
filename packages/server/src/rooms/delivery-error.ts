/** Why a request about a room was refused. */
export type RefusalCode =
  | "OPENLINE_BAD_REQUEST"
  | "OPENLINE_INVALID"
  | "OPENLINE_UNKNOWN_EVENT"
  | "OPENLINE_UNKNOWN_ROOM"
  | "OPENLINE_FORBIDDEN"
  | "OPENLINE_NOT_DURABLE"
  | "OPENLINE_TOO_MANY_ROOMS"
  | "OPENLINE_NO_PRESENCE"
  | "OPENLINE_OUT_OF_ORDER"
  | "OPENLINE_FENCED"
  | "OPENLINE_CLOSING"
  | "OPENLINE_UNAVAILABLE"
  | "OPENLINE_FAILED";

/** What a client or a caller is told. */
export interface Refusal {
  readonly code: string;
  readonly message: string;
  /** Trying again after that time may help, in milliseconds. */
  readonly retryAfterMs?: number;
}

/** A request about a room that was not carried out. */
export class DeliveryError extends Error {
  override readonly name = "DeliveryError";
  readonly code: string;
  /** Trying again after that time may help, in milliseconds; undefined if it will not. */
  readonly retryAfterMs: number | undefined;

  constructor(code: string, message: string, retryAfterMs?: number, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    this.retryAfterMs = retryAfterMs;
  }

  /** What may be written down: nothing that was sent. */
  get notice(): string {
    return this.message;
  }

  toRefusal(): Refusal {
    const { code, message, retryAfterMs } = this;
    return retryAfterMs === undefined ? { code, message } : { code, message, retryAfterMs };
  }
}
