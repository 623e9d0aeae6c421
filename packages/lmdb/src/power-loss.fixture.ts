/** What the recorder of power-recorder.fixture.c saw, and what a disk may hold of it afterwards. */

/** One record. Writes that wait for the disk are on it as soon as they are recorded. */
export type TraceRecord =
  | { readonly kind: "write"; readonly at: number; readonly bytes: Buffer; readonly waits: boolean }
  | { readonly kind: "flushBegins" | "flushEnds"; readonly number: number }
  | { readonly kind: "length"; readonly length: number }
  | { readonly kind: "note"; readonly text: string };

const HEAD_BYTES = 24;

export function readTrace(trace: Buffer): TraceRecord[] {
  const records: TraceRecord[] = [];
  let at = 0;
  const number = (index: number): number => Number(trace.readBigUInt64LE(at + index * 8));
  while (at < trace.length) {
    const kind = number(0);
    const position = number(1);
    const start = at + HEAD_BYTES;
    const bytes = trace.subarray(start, start + number(2));
    if (kind === 1 || kind === 2) {
      records.push({ kind: "write", at: position, bytes, waits: kind === 2 });
    } else if (kind === 3) records.push({ kind: "flushBegins", number: position });
    else if (kind === 4) records.push({ kind: "flushEnds", number: position });
    else if (kind === 5) records.push({ kind: "length", length: position });
    else records.push({ kind: "note", text: bytes.toString() });
    at = start + bytes.length;
  }
  return records;
}

/** A piece of a write that the disk takes whole or not at all. */
interface Fragment {
  readonly at: number;
  readonly bytes: Buffer;
}

/** A disk that is told of a trace record by record, and can lose its power at any time. */
export class Disk {
  private readonly blockBytes: number;
  /** What is on it whatever happens. */
  private durable: Buffer = Buffer.alloc(0);
  /** What may be on it, in order. */
  private pending: Fragment[] = [];
  private count = 0;
  /** How many of what was pending, of all there ever was, each flush in progress covers. */
  private readonly covered = new Map<number, number>();

  /** @param blockBytes what it writes whole: a page of the cache, or a sector */
  constructor(blockBytes: number) {
    this.blockBytes = blockBytes;
  }

  take(record: TraceRecord): void {
    if (record.kind === "write") {
      const fragments = this.split(record.at, record.bytes);
      if (record.waits)
        for (const fragment of fragments) this.durable = apply(this.durable, fragment);
      else {
        this.pending.push(...fragments);
        this.count += fragments.length;
      }
    } else if (record.kind === "length") {
      this.durable = lengthened(this.durable, record.length);
    } else if (record.kind === "flushBegins") {
      this.covered.set(record.number, this.count);
    } else if (record.kind === "flushEnds") {
      const before = this.count - this.pending.length;
      const done = this.pending.splice(0, (this.covered.get(record.number) ?? 0) - before);
      for (const fragment of done) this.durable = apply(this.durable, fragment);
    }
  }

  /**
   * What is on it after a power failure: all that had to be, and some of the rest. Of each block, as
   * many of its pending writes as it had by the time that it was written, if it was.
   */
  image(random: (below: number) => number): Buffer {
    let image: Buffer = Buffer.from(this.durable);
    const percent = [0, 10, 50, 90, 100][random(5)] ?? 0;
    const kept = new Map<number, boolean>();
    for (const fragment of this.pending) {
      const block = Math.floor(fragment.at / this.blockBytes);
      const isKept = kept.get(block) !== false && random(100) < percent;
      kept.set(block, isKept);
      if (isKept) image = apply(image, fragment);
    }
    return image;
  }

  private split(at: number, bytes: Buffer): Fragment[] {
    const fragments: Fragment[] = [];
    for (let start = 0; start < bytes.length; ) {
      const room = this.blockBytes - ((at + start) % this.blockBytes);
      const end = Math.min(bytes.length, start + room);
      fragments.push({ at: at + start, bytes: bytes.subarray(start, end) });
      start = end;
    }
    return fragments;
  }
}

function apply(image: Buffer, { at, bytes }: Fragment): Buffer {
  const long = at + bytes.length > image.length ? lengthened(image, at + bytes.length) : image;
  bytes.copy(long, at);
  return long;
}

function lengthened(image: Buffer, length: number): Buffer {
  const long = Buffer.alloc(length);
  image.copy(long);
  return long;
}
