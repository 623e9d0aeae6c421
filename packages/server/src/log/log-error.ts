/** What went wrong with a log. */
export type LogErrorCode =
  /** No room on the disk, or in the budget: reads go on, and publishing may be tried again. */
  | "OPENLINE_LOG_FULL"
  /** The disk has failed: nothing more is acknowledged. */
  | "OPENLINE_LOG_FAILED"
  /** It was closed. */
  | "OPENLINE_LOG_CLOSED"
  /** Another process writes to it. */
  | "OPENLINE_LOG_LOCKED"
  /** What is there cannot be read, or is not a log. */
  | "OPENLINE_LOG_CORRUPT"
  /** It was written by a newer version. */
  | "OPENLINE_LOG_NEWER"
  /** It was opened to be read alone. */
  | "OPENLINE_LOG_READ_ONLY";

/** An error of a log, with a message that says what to do. */
export class LogError extends Error {
  override readonly name = "LogError";
  readonly code: LogErrorCode;

  constructor(code: LogErrorCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
  }

  /** Whether the same append may succeed later. */
  get isTemporary(): boolean {
    return this.code === "OPENLINE_LOG_FULL";
  }
}
