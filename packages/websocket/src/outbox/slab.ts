/** A frame larger than an eighth of this gets memory of its own. */
export const SLAB_BYTES: number = 64 * 1024;

const slabs = new WeakMap<ArrayBufferLike, Slab>();

/**
 * Scratch memory in which the frames of one turn are built one after another.
 *
 * Frames that a connection sends in a row lie in a row, so they leave in one write
 * without being copied together. Once all are written the slab is used again.
 */
export class Slab {
  readonly bytes: Buffer = Buffer.allocUnsafeSlow(SLAB_BYTES);
  used = 0;
  /** Set when a write of it did not finish: the kernel still reads from it. */
  isPinned = false;

  constructor() {
    slabs.set(this.bytes.buffer, this);
  }
}

/** The slab that `bytes` lie in, if any. */
export function slabOf(bytes: Uint8Array): Slab | undefined {
  return slabs.get(bytes.buffer);
}

const free: Slab[] = [];
const inUse: Slab[] = [];
let current = new Slab();
inUse.push(current);

/** A slab with room for `byteLength` bytes from `used` on. */
export function slabFor(byteLength: number): Slab {
  if (current.used + byteLength > SLAB_BYTES) {
    current = free.pop() ?? new Slab();
    inUse.push(current);
  }
  return current;
}

/** Call when every frame of the turn was written or copied: takes the slabs back. */
export function recycleSlabs(): void {
  let kept = 0;
  for (const slab of inUse) {
    if (slab.isPinned) continue;
    slab.used = 0;
    inUse[kept] = slab;
    kept += 1;
  }
  // One stays current; a few wait for a busy turn; the rest is the collector's.
  for (let at = 1; at < kept; at += 1) {
    const slab = inUse[at];
    if (slab !== undefined && free.length < 64) free.push(slab);
  }
  current = kept > 0 ? (inUse[0] ?? new Slab()) : (free.pop() ?? new Slab());
  inUse.length = 0;
  inUse.push(current);
}
