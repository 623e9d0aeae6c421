import type { ZlibOptions } from "node:zlib";
import {
  firstByteOf,
  frameHeaderLength,
  opcodes,
  writeFrameHeader,
} from "@openline/protocol/websocket";
import { deflateOnce } from "./deflate/deflate-once.ts";
import { Batch } from "./outbox/batch.ts";

/** One frame that many connections get: its bytes, and the batch that it begins. */
export interface SharedFrame {
  readonly bytes: Uint8Array;
  readonly batch: Batch;
}

/**
 * One message for many receivers: framed once, and compressed once for each window
 * size among them, however many receive it.
 */
export class SharedMessage {
  private readonly payload: Uint8Array;
  private readonly opcode: number;
  private plainFrame: SharedFrame | null = null;
  /** By window bits. */
  private deflated: Map<number, SharedFrame> | null = null;

  constructor(payload: Uint8Array, isBinary: boolean) {
    this.payload = payload;
    this.opcode = isBinary ? opcodes.binary : opcodes.text;
  }

  get payloadBytes(): number {
    return this.payload.length;
  }

  /** The unmasked frame, as servers send it. */
  plain(): SharedFrame {
    this.plainFrame ??= frameOf(firstByteOf(this.opcode, true, false), this.payload);
    return this.plainFrame;
  }

  /** The frame compressed without a context, for receivers with this window. */
  compressed(windowBits: number, zlib: ZlibOptions): SharedFrame {
    this.deflated ??= new Map();
    let frame = this.deflated.get(windowBits);
    if (frame === undefined) {
      const data = deflateOnce(this.payload, { windowBits, zlib });
      frame = frameOf(firstByteOf(this.opcode, true, true), data);
      this.deflated.set(windowBits, frame);
    }
    return frame;
  }
}

function frameOf(firstByte: number, payload: Uint8Array): SharedFrame {
  const bytes = Buffer.allocUnsafeSlow(frameHeaderLength(payload.length, false) + payload.length);
  const at = writeFrameHeader(bytes, 0, firstByte, payload.length, undefined);
  bytes.set(payload, at);
  return { bytes, batch: new Batch(null, bytes) };
}
