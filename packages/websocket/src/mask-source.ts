import { randomFillSync } from "node:crypto";

const POOL_BYTES = 8 * 1024;
let pool: Buffer | undefined;
let used = POOL_BYTES;

/** An unpredictable masking key for one frame (RFC 6455 §5.3). */
export function randomMaskingKey(): number {
  pool ??= Buffer.allocUnsafeSlow(POOL_BYTES);
  if (used === POOL_BYTES) {
    randomFillSync(pool);
    used = 0;
  }
  const key = pool.readInt32BE(used);
  used += 4;
  return key;
}

const scratch: Buffer = Buffer.allocUnsafe(4);

/** The masking key that a user's `generateMask` puts into the buffer it is given. */
export function generatedMaskingKey(generateMask: (mask: Buffer) => void): number {
  generateMask(scratch);
  return scratch.readInt32BE(0);
}
