import type { EventEmitter } from "node:events";
import type { RawData } from "./received.ts";

/** What a DOM listener gets: the part of the DOM's Event that WebSocket code looks at. */
export class Event<Target = EventEmitter> {
  readonly type: string;
  /** The WebSocket. */
  readonly target: Target;

  constructor(type: string, target: Target) {
    this.type = type;
    this.target = target;
  }
}

export class MessageEvent<Target = EventEmitter> extends Event<Target> {
  /** A string for a text message; for a binary one what `binaryType` says. */
  readonly data: string | RawData;

  constructor(target: Target, data: string | RawData) {
    super("message", target);
    this.data = data;
  }
}

export class CloseEvent<Target = EventEmitter> extends Event<Target> {
  /** The peer's close code; 1005 if it gave none, 1006 if it closed without saying so. */
  readonly code: number;
  /** The peer's reason, or "". */
  readonly reason: string;
  /** Whether the closing handshake took place. */
  readonly wasClean: boolean;

  constructor(target: Target, code: number, reason: string) {
    super("close", target);
    this.code = code;
    this.reason = reason;
    // 1006 stands for a connection that ended without a Close frame (RFC 6455 §7.1.5).
    this.wasClean = code !== 1006;
  }
}

export class ErrorEvent<Target = EventEmitter> extends Event<Target> {
  readonly error: Error;
  readonly message: string;

  constructor(target: Target, error: Error) {
    super("error", target);
    this.error = error;
    this.message = error.message;
  }
}
