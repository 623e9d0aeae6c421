import { createHash, timingSafeEqual } from "node:crypto";
import type { IncomingMessage } from "node:http";

/** Shorter ones can be guessed. */
const MIN_LENGTH = 16;

/** The keys of those who may use the HTTP API. */
export class ApiKeys {
  private readonly hashes: readonly Buffer[];

  /** @throws TypeError or RangeError for keys that are none, or can be guessed */
  constructor(keys: readonly string[]) {
    if (!Array.isArray(keys) || keys.length === 0 || keys.some((key) => typeof key !== "string")) {
      throw new TypeError("`httpApi.keys` takes a list of at least one key");
    }
    if (keys.some(({ length }) => length < MIN_LENGTH)) {
      throw new RangeError(
        `A key of \`httpApi.keys\` has at least ${MIN_LENGTH} characters: ` +
          "make one with `openssl rand -base64 32`",
      );
    }
    this.hashes = keys.map(hash);
  }

  /** Whether a request bears one, in the time that it takes to compare them all. */
  admit({ headers }: IncomingMessage): boolean {
    const given = hash(keyIn(headers.authorization) ?? String(headers["x-api-key"] ?? ""));
    let isKnown = false;
    for (const known of this.hashes) if (timingSafeEqual(known, given)) isKnown = true;
    return isKnown;
  }
}

/** `Authorization: Bearer <key>` (RFC 6750 §2.1). */
function keyIn(authorization: string | undefined): string | undefined {
  return /^Bearer +(\S+)$/i.exec(authorization ?? "")?.[1];
}

/** Of one length, so that how long a comparison takes tells nothing. */
function hash(key: string): Buffer {
  return createHash("sha256").update(key).digest();
}
