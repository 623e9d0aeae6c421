import type { InvalidDetail } from "./check-arguments.ts";
import type { Refusal } from "./refusal.ts";

/** What this side sends, or what the other one has sent, is not as the contract has it. */
export class ContractError extends Error {
  override readonly name = "ContractError";
  /** "OPENLINE_INVALID" or "OPENLINE_UNKNOWN_EVENT". */
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
