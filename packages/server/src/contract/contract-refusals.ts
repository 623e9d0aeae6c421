import type { InvalidDetail } from "@openline/protocol/contract";
import { codes, type GuardRefusal, refusal } from "../guard/codes.ts";
import { DeliveryError, type Refusal } from "../rooms/delivery-error.ts";

/** What a client sends may be named at any length. */
const MAX_NAME_LENGTH = 100;

/** @param where such as `room "chat:42"` */
export function unknownEvent(event: unknown, where: string): GuardRefusal {
  return refusal("OPENLINE_UNKNOWN_EVENT", {
    message: `There is no event ${quoted(event)} in ${where}`,
  });
}

export function unknownRoom(room: string): GuardRefusal {
  return refusal("OPENLINE_UNKNOWN_ROOM", {
    message: `There is no room like ${quoted(room)} in the contract`,
  });
}

export function quoted(name: unknown): string {
  return JSON.stringify(String(name).slice(0, MAX_NAME_LENGTH));
}

/** A message that is not what its room takes. */
export class RefusedMessage extends DeliveryError {
  /** What exactly is wrong, and where. */
  readonly details: readonly InvalidDetail[] | undefined;

  constructor({ code, message, details }: GuardRefusal) {
    super(code, message);
    this.details = details as readonly InvalidDetail[] | undefined; // of the checking of arguments
  }

  /** Schemas quote what was sent. */
  override get notice(): string {
    return this.details === undefined ? this.message : codes.OPENLINE_INVALID.message;
  }

  override toRefusal(): Refusal & { readonly details?: unknown } {
    const { details } = this;
    return details === undefined ? super.toRefusal() : { ...super.toRefusal(), details };
  }
}
