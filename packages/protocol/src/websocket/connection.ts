import { applyMask } from "../bytes/mask.ts";
import { isUtf8 } from "../bytes/utf8.ts";
import { type Fault, PeerError } from "../errors.ts";
import { closeCodes, isValidCloseCode } from "./close.ts";
import type { Inflater } from "./compressor.ts";
import { emptyHeader, MAX_HEADER_BYTES, opcodes, readFrameHeader } from "./frame.ts";
import { frameFault } from "./frame-rules.ts";
import { type Allocate, MessageAssembly } from "./message-assembly.ts";

/** What a connection accepts from its peer. A limit of 0 means none. */
export interface ConnectionOptions {
  /** A server demands masked frames, a client unmasked ones (RFC 6455 §5.1). */
  readonly role: "server" | "client";
  /** Bytes of one message, after inflating; past it the fault is 1009. */
  readonly maxPayload: number;
  /** Frames of one message; past it the fault is 1008. */
  readonly maxFragments: number;
  /** Pieces that one frame may arrive in; past it the fault is 1008. */
  readonly maxBufferedChunks: number;
  /** Trusts the peer that text is UTF-8. */
  readonly skipUtf8Validation: boolean;
  readonly allocate: Allocate;
  /** A faster check than the built-in one, where the platform has it. */
  readonly isUtf8?: (bytes: Uint8Array, start: number, end: number) => boolean;
}

/** What a connection tells its owner. Callbacks run inside `receive` and `release`. */
export interface ConnectionEvents {
  /**
   * A message is `bytes[start, end)`. When `isOwned`, the bytes are the callee's to
   * keep; otherwise they are only lent until the callback returns.
   * `fragmentEnds` holds the end of each fragment, if they were asked for.
   */
  onMessage(
    bytes: Uint8Array,
    start: number,
    end: number,
    isBinary: boolean,
    isOwned: boolean,
    fragmentEnds: readonly number[] | null,
  ): void;
  /** A ping; its payload is lent. */
  onPing(bytes: Uint8Array, start: number, end: number): void;
  /** A pong; its payload is lent. */
  onPong(bytes: Uint8Array, start: number, end: number): void;
  /** A Close frame; 1005 when it had no code. The reason is lent. Nothing follows. */
  onClose(code: number, bytes: Uint8Array, start: number, end: number): void;
  /** The peer broke the protocol. Nothing follows. */
  onFault(error: PeerError): void;
  /** All that had to wait (`isBusy`) was delivered: the owner may read on. */
  onIdle(): void;
}

const nothing = new Uint8Array(0);

/** Read into by whoever parses: the fields are taken before any callback runs. */
const header = emptyHeader();

/** A frame of which the rest of the payload is still to come. */
interface OpenFrame {
  remaining: number;
  readonly payloadLength: number;
  readonly maskingKey: number;
  readonly isMasked: boolean;
  readonly opcode: number;
  readonly fin: boolean;
  /** Collects a control frame's payload; null for data, which goes to the assembly. */
  readonly control: Uint8Array | null;
  chunks: number;
}

/**
 * The receiving half of a WebSocket connection: bytes in, messages out.
 *
 * Frames are parsed and unmasked in place, in the chunk that they came in; only
 * what is incomplete at the chunk's end is kept. Owns no socket, clock or timer.
 */
export class Connection {
  /** Remembers where fragments end, and tells `onMessage`. */
  keepsFragments = false;
  private readonly options: ConnectionOptions;
  private readonly events: ConnectionEvents;
  private readonly inflater: Inflater | null;
  /** The start of a header that the last chunk cut. */
  private carry: Uint8Array | null = null;
  private carryLength = 0;
  private frame: OpenFrame | null = null;
  private message: MessageAssembly | null = null;
  /** Bytes that came while held. */
  private backlog: Uint8Array | null = null;
  private frameStartedMs = 0;
  private isHeld = false;
  private isInflating = false;
  private isDone = false;
  private isParsing = false;

  /** With an `inflater`, permessage-deflate was negotiated and RSV1 is legal. */
  constructor(options: ConnectionOptions, events: ConnectionEvents, inflater: Inflater | null) {
    this.options = options;
    this.events = events;
    this.inflater = inflater;
  }

  /** True while bytes wait that could not be delivered yet. */
  get isBusy(): boolean {
    return this.isInflating || this.backlog !== null;
  }

  /**
   * When the oldest unfinished message or frame began, on the clock of `receive`; -1 for none.
   * A peer that sends it a byte at a time is given up by a deadline on this.
   */
  get startedMs(): number {
    if (this.message !== null) return this.message.startedMs;
    return this.frame !== null || this.carryLength > 0 ? this.frameStartedMs : -1;
  }

  /** Reading was stopped for a while: the time of it does not count against the peer. */
  restartClock(nowMs: number): void {
    this.frameStartedMs = nowMs;
    if (this.message !== null) this.message.startedMs = nowMs;
  }

  /** Delivers nothing more until `release`. */
  hold(): void {
    this.isHeld = true;
  }

  /** Delivers what came since `hold`, unless the connection is held again meanwhile. */
  release(nowMs: number): void {
    this.isHeld = false;
    this.drain(nowMs);
    if (!this.isBusy && !this.isHeld) this.events.onIdle();
  }

  /** Ignores everything from now on. */
  stop(): void {
    this.isDone = true;
    this.isInflating = false;
    this.backlog = null;
    this.message = null;
    this.frame = null;
    this.carry = null;
    this.carryLength = 0;
    this.inflater?.close();
  }

  /**
   * Takes `bytes[start, end)` from the peer. The bytes are lent, and are changed by
   * unmasking. While `isBusy`, the owner should stop reading.
   */
  receive(bytes: Uint8Array, start: number, end: number, nowMs: number): void {
    if (this.isDone) return;
    if (this.isHeld || this.isInflating || this.backlog !== null || this.isParsing) {
      this.keep(bytes, start, end);
      return;
    }
    this.parse(bytes, start, end, nowMs);
    if (this.backlog !== null) this.drain(nowMs);
  }

  private drain(nowMs: number): void {
    while (!this.isHeld && !this.isInflating && !this.isDone && !this.isParsing) {
      const { backlog } = this;
      if (backlog === null) return;
      this.backlog = null;
      this.parse(backlog, 0, backlog.length, nowMs);
    }
  }

  private keep(bytes: Uint8Array, start: number, end: number): void {
    if (start === end) return;
    const { backlog } = this;
    const before = backlog === null ? 0 : backlog.length;
    const joined = new Uint8Array(before + end - start);
    if (backlog !== null) joined.set(backlog);
    joined.set(bytes.subarray(start, end), before);
    this.backlog = joined;
  }

  private fail(fault: Fault, detail?: string): void {
    this.failWith(new PeerError(fault, detail));
  }

  private failWith(error: PeerError): void {
    this.stop();
    this.events.onFault(error);
  }

  private parse(bytes: Uint8Array, start: number, end: number, nowMs: number): void {
    this.isParsing = true;
    try {
      this.parseFrames(bytes, start, end, nowMs);
    } finally {
      this.isParsing = false;
    }
  }

  private parseFrames(bytes: Uint8Array, start: number, end: number, nowMs: number): void {
    let at = start;
    if (this.frame !== null) {
      at = this.continueFrame(this.frame, bytes, at, end, nowMs);
    }
    while (at < end) {
      if (this.isDone) return;
      if (this.isHeld || this.isInflating) {
        // What came later, from within a callback, belongs behind this rest.
        const later = this.backlog;
        this.backlog = null;
        this.keep(bytes, at, end);
        if (later !== null) this.keep(later, 0, later.length);
        return;
      }
      let payloadStart: number;
      if (this.carryLength > 0) {
        payloadStart = this.completeHeader(bytes, at, end);
        if (payloadStart < 0) return;
      } else {
        if (end - at >= 2 && !this.checkFirstBytes(bytes[at]!, bytes[at + 1]!)) return;
        if (!readFrameHeader(bytes, at, end, header)) {
          this.carry ??= new Uint8Array(MAX_HEADER_BYTES);
          this.carry.set(bytes.subarray(at, end));
          this.carryLength = end - at;
          this.frameStartedMs = nowMs;
          return;
        }
        payloadStart = at + header.headerLength;
      }
      const { opcode, fin, payloadLength, isMasked, maskingKey } = header;
      const isCompressed = header.rsv1;
      if (opcode < 8 && !this.admit(opcode, payloadLength, isCompressed)) return;
      if (payloadLength > end - payloadStart) {
        at = this.openFrame(bytes, payloadStart, end, nowMs);
      } else {
        const payloadEnd = payloadStart + payloadLength;
        const isAscii = isMasked && applyMask(bytes, payloadStart, payloadEnd, maskingKey, 0);
        at = payloadEnd;
        if (opcode >= 8) {
          this.control(opcode, bytes, payloadStart, payloadEnd);
        } else if (fin && opcode !== opcodes.continuation && !isCompressed) {
          this.wholeMessage(opcode, bytes, payloadStart, payloadEnd, isAscii);
        } else {
          const message = this.assembly(opcode, isCompressed, payloadLength, nowMs);
          if (!message.append(bytes, payloadStart, payloadEnd, 0, isAscii)) {
            this.fail("INVALID_UTF8");
            return;
          }
          this.endFragment(message, fin, nowMs);
        }
      }
    }
  }

  /** Checks the two bytes that every header begins with, before the rest has come. */
  private checkFirstBytes(first: number, second: number): boolean {
    const hasDeflate = this.inflater !== null;
    const fault = frameFault(first, second, this.options.role, this.message !== null, hasDeflate);
    return fault === null || this.refuse(fault.fault, fault.detail);
  }

  private refuse(fault: Fault, detail?: string): false {
    this.fail(fault, detail);
    return false;
  }

  /**
   * Completes a cut header from the new bytes. Returns where the payload begins in
   * `bytes`, or -1 when the header is still cut or refused.
   */
  private completeHeader(bytes: Uint8Array, at: number, end: number): number {
    const carry = this.carry ?? nothing;
    const had = this.carryLength;
    const taken = Math.min(end - at, MAX_HEADER_BYTES - had);
    carry.set(bytes.subarray(at, at + taken), had);
    const length = had + taken;
    if (had < 2 && length >= 2 && !this.checkFirstBytes(carry[0]!, carry[1]!)) return -1;
    if (!readFrameHeader(carry, 0, length, header)) {
      this.carryLength = length;
      return -1;
    }
    this.carryLength = 0;
    this.carry = null;
    return at + header.headerLength - had;
  }

  /** Holds a data frame against the limits, before a byte of its payload is kept. */
  private admit(opcode: number, payloadLength: number, isCompressed: boolean): boolean {
    const { maxPayload, maxFragments } = this.options;
    if (payloadLength === Number.POSITIVE_INFINITY) {
      return this.refuse("UNSUPPORTED_DATA_PAYLOAD_LENGTH");
    }
    const { message } = this;
    if (opcode === opcodes.continuation && message !== null) {
      message.fragments += 1;
      if (maxFragments > 0 && message.fragments > maxFragments) {
        return this.refuse("TOO_MANY_BUFFERED_PARTS", `more than ${maxFragments} fragments`);
      }
    }
    if (maxPayload <= 0) return true;
    const total = (message === null ? 0 : message.length) + payloadLength;
    // What cannot be compressed grows a little in deflate (RFC 1951 §3.2.4).
    const isDeflated = isCompressed || message?.isCompressed === true;
    const limit = isDeflated ? maxPayload + (maxPayload >>> 10) + 64 : maxPayload;
    return total <= limit || this.refuse("UNSUPPORTED_MESSAGE_LENGTH");
  }

  private assembly(
    opcode: number,
    isCompressed: boolean,
    payloadLength: number,
    nowMs: number,
  ): MessageAssembly {
    if (this.message === null) {
      const { options } = this;
      const checksText = opcode === opcodes.text && !isCompressed && !options.skipUtf8Validation;
      const message = new MessageAssembly(
        opcode,
        isCompressed,
        nowMs,
        checksText,
        this.keepsFragments,
        options.allocate,
        payloadLength,
      );
      message.fragments = 1;
      this.message = message;
    }
    return this.message;
  }

  /** Begins a frame whose payload does not end in this chunk, and takes what there is. */
  private openFrame(bytes: Uint8Array, at: number, end: number, nowMs: number): number {
    const { opcode, fin, payloadLength, isMasked, maskingKey, rsv1 } = header;
    if (opcode < 8) this.assembly(opcode, rsv1, payloadLength, nowMs);
    this.frameStartedMs = nowMs;
    const frame: OpenFrame = {
      remaining: payloadLength,
      payloadLength,
      maskingKey,
      isMasked,
      opcode,
      fin,
      control: opcode >= 8 ? new Uint8Array(payloadLength) : null,
      chunks: 0,
    };
    this.frame = frame;
    return this.continueFrame(frame, bytes, at, end, nowMs);
  }

  private continueFrame(
    frame: OpenFrame,
    bytes: Uint8Array,
    at: number,
    end: number,
    nowMs: number,
  ): number {
    const taken = Math.min(frame.remaining, end - at);
    const until = at + taken;
    const phase = frame.payloadLength - frame.remaining;
    const isAscii = frame.isMasked && applyMask(bytes, at, until, frame.maskingKey, phase);
    frame.remaining -= taken;
    frame.chunks += 1;
    const { maxBufferedChunks } = this.options;
    if (maxBufferedChunks > 0 && frame.chunks > maxBufferedChunks) {
      this.fail("TOO_MANY_BUFFERED_PARTS", `a frame in more than ${maxBufferedChunks} pieces`);
      return end;
    }
    if (frame.control !== null) {
      frame.control.set(bytes.subarray(at, until), phase);
      if (frame.remaining === 0) {
        this.frame = null;
        this.control(frame.opcode, frame.control, 0, frame.payloadLength);
      }
      return until;
    }
    const message = this.message as MessageAssembly; // set when the frame was opened
    if (!message.append(bytes, at, until, frame.remaining, isAscii)) {
      this.fail("INVALID_UTF8");
      return end;
    }
    if (frame.remaining === 0) {
      this.frame = null;
      this.endFragment(message, frame.fin, nowMs);
    }
    return until;
  }

  private wholeMessage(
    opcode: number,
    bytes: Uint8Array,
    start: number,
    end: number,
    isAscii: boolean,
  ): void {
    const isBinary = opcode === opcodes.binary;
    if (!isBinary && !isAscii && !this.isText(bytes, start, end)) {
      this.fail("INVALID_UTF8");
      return;
    }
    const ends = this.keepsFragments ? [end - start] : null;
    this.events.onMessage(bytes, start, end, isBinary, false, ends);
  }

  private isText(bytes: Uint8Array, start: number, end: number): boolean {
    if (this.options.skipUtf8Validation) return true;
    const check = this.options.isUtf8 ?? isUtf8;
    return check(bytes, start, end);
  }

  private endFragment(message: MessageAssembly, fin: boolean, nowMs: number): void {
    message.endFragment();
    if (!fin) return;
    this.message = null;
    if (!message.isCompressed) {
      if (!message.isCompleteText) {
        this.fail("INVALID_UTF8");
        return;
      }
      const isBinary = message.opcode === opcodes.binary;
      this.events.onMessage(message.bytes, 0, message.length, isBinary, true, message.fragmentEnds);
      return;
    }
    this.inflate(message, nowMs);
  }

  private inflate(message: MessageAssembly, nowMs: number): void {
    const inflater = this.inflater as Inflater; // RSV1 was refused without one
    const { maxPayload } = this.options;
    this.isInflating = true;
    inflater.inflate(
      message.bytes.subarray(0, message.length),
      maxPayload > 0 ? maxPayload : Number.POSITIVE_INFINITY,
      (error, data) => {
        this.isInflating = false;
        if (this.isDone) return;
        if (error !== null) {
          this.failWith(error);
          return;
        }
        const isBinary = message.opcode === opcodes.binary;
        if (!isBinary && !this.isText(data, 0, data.length)) {
          this.fail("INVALID_UTF8");
          return;
        }
        const ends = message.fragmentEnds === null ? null : [data.length];
        this.events.onMessage(data, 0, data.length, isBinary, true, ends);
        if (this.isParsing) return;
        this.drain(nowMs);
        if (!this.isBusy) this.events.onIdle();
      },
    );
  }

  private control(opcode: number, bytes: Uint8Array, start: number, end: number): void {
    if (opcode === opcodes.ping) {
      this.events.onPing(bytes, start, end);
    } else if (opcode === opcodes.pong) {
      this.events.onPong(bytes, start, end);
    } else if (start === end) {
      this.stop();
      this.events.onClose(closeCodes.noStatus, nothing, 0, 0);
    } else {
      const code = (bytes[start]! << 8) | bytes[start + 1]!;
      if (!isValidCloseCode(code)) {
        this.fail("INVALID_CLOSE_CODE", `close code ${code}`);
      } else if (!this.isText(bytes, start + 2, end)) {
        this.fail("INVALID_UTF8");
      } else {
        this.stop();
        this.events.onClose(code, bytes, start + 2, end);
      }
    }
  }
}
