import { Utf8Validator } from "../bytes/utf8.ts";

/**
 * A message may announce any length before it sends a byte, so memory follows what
 * has arrived: at most this, or four times the bytes received. The system gives
 * large memory only as it is written to, so that announcing alone costs nothing.
 */
const TRUSTED_BYTES = 1024 * 1024;

/** Makes room for `byteLength` bytes; they need not be zero. */
export type Allocate = (byteLength: number) => Uint8Array;

/** Joins the parts of one message, which come as fragments and as pieces of frames. */
export class MessageAssembly {
  readonly opcode: number;
  readonly isCompressed: boolean;
  /** When the first byte came, on the caller's clock; for the deadline of a started message. */
  startedMs: number;
  /** Bytes received; `bytes[0, length)` is the message so far. */
  length = 0;
  bytes: Uint8Array;
  fragments = 0;
  /** Where each fragment ends, or null when nobody asks for fragments. */
  readonly fragmentEnds: number[] | null;
  private readonly text: Utf8Validator | null;
  private readonly allocate: Allocate;

  constructor(
    opcode: number,
    isCompressed: boolean,
    startedMs: number,
    checksText: boolean,
    keepsFragments: boolean,
    allocate: Allocate,
    firstBytes: number,
  ) {
    this.opcode = opcode;
    this.isCompressed = isCompressed;
    this.startedMs = startedMs;
    this.text = checksText ? new Utf8Validator() : null;
    this.fragmentEnds = keepsFragments ? [] : null;
    this.allocate = allocate;
    this.bytes = allocate(Math.min(firstBytes, TRUSTED_BYTES));
  }

  /** Whether the text may end here; true for anything that is not checked. */
  get isCompleteText(): boolean {
    return this.text === null || this.text.isComplete;
  }

  /**
   * Appends `bytes[start, end)`, of which `frameRemaining` more are announced.
   * Returns false when the text cannot be UTF-8.
   */
  append(
    bytes: Uint8Array,
    start: number,
    end: number,
    frameRemaining: number,
    isAscii: boolean,
  ): boolean {
    const size = end - start;
    const length = this.length + size;
    if (length > this.bytes.length) this.grow(length, length + frameRemaining);
    this.bytes.set(
      start === 0 && end === bytes.length ? bytes : bytes.subarray(start, end),
      this.length,
    );
    this.length = length;
    const { text } = this;
    if (text === null || (isAscii && text.isComplete)) return true;
    return text.push(bytes, start, end);
  }

  endFragment(): void {
    this.fragmentEnds?.push(this.length);
  }

  private grow(needed: number, announced: number): void {
    const capacity = Math.max(
      Math.min(announced, needed * 4),
      Math.min(needed * 2, TRUSTED_BYTES),
      // In proportion, or else many small fragments would copy the message once for each.
      needed + (needed >>> 1),
    );
    const grown = this.allocate(capacity);
    grown.set(this.bytes.subarray(0, this.length));
    this.bytes = grown;
  }
}
