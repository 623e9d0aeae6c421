import type { InvalidDetail, Refusal } from "@openline/protocol/contract";

/** The server's own code sends what the contract does not have, or a client has answered so. */
export class ContractError extends Error {
  override readonly name = "ContractError";
  /** "OPENLINE_INVALID", "OPENLINE_UNKNOWN_EVENT" or "OPENLINE_UNKNOWN_ROOM". */
  readonly code: string;
  readonly event: string;
  /** What exactly is wrong, and where. */
  readonly details: readonly InvalidDetail[];

  /** @param subject what is wrong, such as `emit("message")` */
  constructor(subject: string, event: string, { code, message, details }: Refusal) {
    super(`${subject}: ${message}`);
    this.code = code;
    this.event = event;
    this.details = Array.isArray(details) ? details : []; // ours are lists of such
  }
}
