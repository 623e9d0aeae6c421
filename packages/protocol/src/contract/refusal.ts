/** What the acknowledgement of an event gets if the server has refused the event. */
export interface Refusal {
  /** Stable, such as "OPENLINE_INVALID". */
  readonly code: string;
  /** A sentence for people. */
  readonly message: string;
  /** Trying again after that time may help, in milliseconds. */
  readonly retryAfterMs?: number;
  /** What exactly is wrong, where there is more to say than a sentence. */
  readonly details?: unknown;
}

/**
 * Whether an answer is a refusal: an object with a `code` and a `message`, both texts. Let the answers
 * of your own events have another shape.
 */
export function isRefusal<Answer>(
  answer: Answer,
): answer is Extract<Answer, Refusal> extends never ? Answer & Refusal : Extract<Answer, Refusal> {
  if (typeof answer !== "object" || answer === null) return false;
  const { code, message } = answer as Partial<Refusal>;
  return typeof code === "string" && typeof message === "string";
}
