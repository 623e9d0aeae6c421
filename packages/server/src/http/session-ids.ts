import { randomFillSync } from "node:crypto";

/** 128 bits: no id is ever guessed, and none comes twice. */
const RANDOM_BYTES = 16;
const ID_CHARACTERS = 22;
const TAG_CHARACTERS = 4;
const pool: Buffer = Buffer.allocUnsafeSlow(RANDOM_BYTES * 256);
let used: number = pool.length;

/** 22 random characters that are safe in URLs. */
export function randomId(): string {
  if (used === pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  used += RANDOM_BYTES;
  return pool.toString("base64url", used - RANDOM_BYTES, used);
}

/** Why a session id names no session. */
export type UnknownSession =
  /** It was one of this process's, and is closed. */
  | "closed"
  /** Another process made it, or this one before it was restarted. */
  | "elsewhere"
  /** Nobody who makes ids as we do has made it. */
  | "never";

const explanations: Readonly<Record<UnknownSession, string>> = {
  closed: "this session was closed or has timed out; the client has to connect anew",
  elsewhere:
    "another process opened this session, or this one did before it was restarted; with several " +
    "processes, let the load balancer send a client's requests to the same one, or use WebSocket alone",
  never: "no server made this session id",
};

/** What the answer to an unknown session id says. */
export function explain(reason: UnknownSession): string {
  return explanations[reason];
}

const shape = /^[\w-]{26}$/;

/**
 * Makes session ids that tell which process made them, so that an unknown one can be explained
 * without remembering any.
 */
export class SessionIds {
  private readonly tag: string = randomId().slice(0, TAG_CHARACTERS);

  next(): string {
    return randomId() + this.tag;
  }

  /** Why `id`, which names no session, does not. */
  diagnose(id: string): UnknownSession {
    if (!shape.test(id)) return "never";
    return id.endsWith(this.tag) && id.length === ID_CHARACTERS + TAG_CHARACTERS
      ? "closed"
      : "elsewhere";
  }
}
