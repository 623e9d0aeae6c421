import type { IncomingMessage } from "node:http";
import { WheelEntry, wheel } from "@openline/websocket/link";

/** What becomes of reading a body. */
export interface BodyReader {
  /** All of it is there. */
  done(body: Buffer): void;
  /** It is longer than was allowed; the rest is not read. */
  tooLong(): void;
  /** It was not whole in time; the rest is not read. */
  tooLate(): void;
  /** The client went away before its end. */
  aborted(): void;
}

/** What a body may be at most. */
export interface BodyLimits {
  readonly maxBytes: number;
  /** From its first byte to its last. */
  readonly timeoutMs: number;
}

const SMALL_BYTES = 1_024;

/** Reads a request's body; exactly one of the reader's methods is called. */
export function readBody(request: IncomingMessage, limits: BodyLimits, reader: BodyReader): void {
  const { maxBytes, timeoutMs } = limits;
  if (Number(request.headers["content-length"]) > maxBytes) {
    reader.tooLong();
    return;
  }
  const body = new GrowingBody();
  const deadline = new BodyDeadline(() => finish(() => reader.tooLate()));
  let isOver = false;
  const finish = (tell: () => void): void => {
    if (isOver) return;
    isOver = true;
    wheel.cancel(deadline);
    request.off("data", onData);
    request.off("end", onEnd);
    request.off("close", onClose);
    tell();
  };
  const onData = (chunk: Buffer): void => {
    if (body.size + chunk.length > maxBytes) finish(() => reader.tooLong());
    else body.add(chunk);
  };
  const onEnd = (): void => finish(() => reader.done(body.bytes()));
  const onClose = (): void => finish(() => reader.aborted());
  request.on("data", onData);
  request.on("end", onEnd);
  request.on("close", onClose);
  if (timeoutMs !== Number.POSITIVE_INFINITY) wheel.schedule(deadline, timeoutMs);
}

class BodyDeadline extends WheelEntry {
  readonly expire: () => void;

  constructor(expire: () => void) {
    super();
    this.expire = expire;
  }
}

/**
 * The bytes that have come. Small chunks are copied together: kept as they are, a body that comes a byte at a
 * time would hold a hundred times its size.
 */
class GrowingBody {
  size = 0;
  private readonly large: Buffer[] = [];
  private small: Buffer = Buffer.alloc(0);
  private smallBytes = 0;

  add(chunk: Buffer): void {
    this.size += chunk.length;
    if (chunk.length < SMALL_BYTES) {
      if (this.smallBytes + chunk.length > this.small.length) this.beginAnother();
      chunk.copy(this.small, this.smallBytes);
      this.smallBytes += chunk.length;
    } else {
      this.endSmall();
      this.large.push(chunk);
    }
  }

  bytes(): Buffer {
    this.endSmall();
    const [only] = this.large;
    return only !== undefined && this.large.length === 1
      ? only
      : Buffer.concat(this.large, this.size);
  }

  /** Each is twice as large as the one before, up to what holds many chunks. */
  private beginAnother(): void {
    const bytes = Math.min(64 * SMALL_BYTES, Math.max(SMALL_BYTES, 2 * this.small.length));
    this.endSmall();
    this.small = Buffer.allocUnsafeSlow(bytes);
  }

  private endSmall(): void {
    if (this.smallBytes === 0) return;
    this.large.push(this.small.subarray(0, this.smallBytes));
    this.small = this.small.subarray(this.smallBytes);
    this.smallBytes = 0;
  }
}
