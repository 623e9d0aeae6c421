import { LogError } from "openline";

/** LMDB's own codes (lmdb.h), beside those of the system. */
const CORRUPTED = [
  -30_797, // MDB_PAGE_NOTFOUND
  -30_796, // MDB_CORRUPTED
  -30_793, // MDB_INVALID
  -30_784, // MDB_INCOMPATIBLE
  -30_782, // MDB_BAD_TXN: it had met one of the others
  -30_780, // MDB_BAD_DBI
  -30_779, // MDB_PROBLEM
];
const VERSION_MISMATCH = -30_794;
const MAP_FULL = -30_792;
/** ENOSPC and EDQUOT, as Linux, macOS and Windows number them. */
const NO_SPACE = [28, 122, 69, 112, 39];

/** What a code of LMDB or of the system means for the log. */
export function fromCode(code: number, path: string, cause?: unknown): LogError {
  if (code === MAP_FULL || NO_SPACE.includes(code)) return full(path, cause);
  if (CORRUPTED.includes(code)) return corrupt(path, "LMDB cannot make sense of its pages", cause);
  if (code === VERSION_MISMATCH) {
    return corrupt(path, "it was written by another version of LMDB", cause);
  }
  return failed(path, `error ${code} of LMDB or of the system`, cause);
}

/** What an error that LMDB threw means for the log. */
export function fromThrown(error: unknown, path: string): LogError {
  if (error instanceof LogError) return error;
  const code = (error as { readonly code?: unknown }).code;
  if (typeof code === "number") return fromCode(code, path, error);
  return failed(path, error instanceof Error ? error.message : String(error), error);
}

/** Whether the system has said that there is no room. */
export function isNoSpace(error: unknown): boolean {
  const { code } = error as { readonly code?: unknown };
  return code === "ENOSPC" || code === "EDQUOT";
}

export function full(path: string, cause?: unknown): LogError {
  return new LogError(
    "OPENLINE_LOG_FULL",
    `There is no room left for the log in ${path}: free space on the disk, or let rooms keep less ` +
      "(`history`); what is there can be read, and publishing may be tried again",
    cause,
  );
}

export function overBudget(path: string, usedBytes: number, maxBytes: number): LogError {
  return new LogError(
    "OPENLINE_LOG_FULL",
    `The log in ${path} holds ${usedBytes} of at most ${maxBytes} bytes: let rooms keep less ` +
      "(`history`), or raise `maxSizeBytes` of lmdbLog()",
  );
}

export function failed(path: string, reason: string, cause?: unknown): LogError {
  return new LogError(
    "OPENLINE_LOG_FAILED",
    `The log in ${path} cannot be written any more (${reason}): check the disk, then start the ` +
      "process again; what was acknowledged as on the disk is there",
    cause,
  );
}

export function corrupt(path: string, reason: string, cause?: unknown): LogError {
  return new LogError(
    "OPENLINE_LOG_CORRUPT",
    `${path} holds no log that can be read (${reason}): restore it from a backup, or name another ` +
      "folder in `path`; nothing was changed",
    cause,
  );
}

export function newer(path: string, version: unknown): LogError {
  return new LogError(
    "OPENLINE_LOG_NEWER",
    `The log in ${path} has format ${String(version)}, which a newer version of @openline/lmdb has ` +
      "written: upgrade the package",
  );
}

export function locked(path: string, owner: string): LogError {
  return new LogError(
    "OPENLINE_LOG_LOCKED",
    `The log in ${path} is being written by ${owner}: stop it, or name another folder in \`path\`; ` +
      "openLmdbLog(path, { readOnly: true }) reads beside a writer",
  );
}

export function takenOver(path: string): LogError {
  return new LogError(
    "OPENLINE_LOG_LOCKED",
    `Another process has taken over the log in ${path}, since this one had stood still for long: ` +
      "nothing of this one is stored any more; start it again",
  );
}

export function closed(path: string): LogError {
  return new LogError("OPENLINE_LOG_CLOSED", `The log in ${path} is closed`);
}

export function readOnly(path: string): LogError {
  return new LogError(
    "OPENLINE_LOG_READ_ONLY",
    `The log in ${path} was opened to be read alone: only lmdbLog() writes`,
  );
}
