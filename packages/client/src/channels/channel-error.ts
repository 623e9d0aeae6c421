/** What the server answers to what it does not do. */
export interface Refusal {
  readonly code: string;
  readonly message: string;
  /** Trying again after that time may help. */
  readonly retryAfterMs?: number | undefined;
  readonly details?: unknown;
}

/** Something was refused, or cannot be had any more. */
export class ChannelError extends Error {
  override readonly name = "ChannelError";
  /** Stable: docs/errors.md has the server's, and docs/channels.md those of the client itself. */
  readonly code: string;
  /** What exactly is wrong, where there is more to say than a sentence. */
  readonly details: unknown;
  readonly retryAfterMs: number | undefined;

  constructor({ code, message, details, retryAfterMs }: Refusal) {
    super(message);
    this.code = code;
    this.details = details;
    this.retryAfterMs = retryAfterMs;
  }
}

/** Refusals that another attempt may not meet, even where no time is given. */
const passing: ReadonlySet<string> = new Set([
  "OPENLINE_CLOSING",
  "OPENLINE_LOG_FULL",
  "OPENLINE_TOO_MANY_BYTES",
  "OPENLINE_TOO_MANY_MESSAGES",
  "OPENLINE_UNAVAILABLE",
  "OPENLINE_UNKNOWN_OUTCOME",
]);

/** Whether it helps to ask the same again later. */
export function isPassing({ code, retryAfterMs }: Refusal): boolean {
  return retryAfterMs !== undefined || passing.has(code);
}

/** Takes an answer for a refusal: it has a code and a message, which no other answer has. */
export function isRefusal(answer: unknown): answer is Refusal {
  if (typeof answer !== "object" || answer === null) return false;
  const { code, message } = answer as Partial<Refusal>;
  return typeof code === "string" && typeof message === "string";
}
