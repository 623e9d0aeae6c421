/** Why messages are missing. */
export type GapReason =
  /** The session is not known, or no longer. */
  | "expired"
  /** The cursor is of another log, or of a copy of it that was restored. */
  | "epoch"
  /** What the client sent is no cursor. */
  | "cursor"
  /** The room does not keep them any more. */
  | "retention"
  /** The session is somebody else's. */
  | "principal"
  /** The client was too far behind for the room's rule. */
  | "backpressure";

/** What a client is told with `openline:gap`: messages are missing, and it knows. */
export interface Gap {
  readonly reason: GapReason;
  /** Where; left out if it may be anywhere. */
  readonly rooms?: readonly string[];
}

/** The event that tells of it. */
export const GAP_EVENT = "openline:gap";
