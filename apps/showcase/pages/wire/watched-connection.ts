import type { Side, WatchReport } from "../../protocol/wire.ts";
import { FrameReader, type SeenFrame } from "./frame-reader.ts";

/** A frame as it passed on a connection. */
export interface PassedFrame {
  readonly frame: SeenFrame;
  readonly from: Side;
  readonly atMs: number;
  /** It belongs to a text, whatever its own opcode says. */
  readonly isText: boolean;
}

/** What the server's reports say of a connection, in order. */
export interface WatchEvents {
  onRequest(connection: number, lines: readonly string[]): void;
  onResponse(connection: number, lines: readonly string[], atMs: number): void;
  onFrame(passed: PassedFrame): void;
  onEnd(connection: number, atMs: number): void;
}

/** Makes lines and frames of the bytes of one connection; it begins with the answer's head. */
export class WatchedConnection {
  private readonly number: number;
  private readonly events: WatchEvents;
  private readonly readers = { client: new FrameReader(), server: new FrameReader() };
  private readonly isText = { client: false, server: false };
  /** What has come of the server's answer to the handshake; null once it is complete. */
  private head: string | null = "";

  constructor(number: number, events: WatchEvents) {
    this.number = number;
    this.events = events;
  }

  push(bytes: Uint8Array, from: Side, atMs: number): void {
    const rest = from === "server" ? this.takeHead(bytes, atMs) : bytes;
    for (const frame of this.readers[from].push(rest)) {
      const { opcode } = frame;
      if (opcode === 1 || opcode === 2) this.isText[from] = opcode === 1;
      const isText = opcode === 1 || (opcode === 0 && this.isText[from]);
      this.events.onFrame({ frame, from, atMs, isText });
    }
  }

  /** Takes what belongs to the answer's head, and gives what comes after it. */
  private takeHead(bytes: Uint8Array, atMs: number): Uint8Array {
    if (this.head === null) return bytes;
    const text = this.head + String.fromCharCode(...bytes);
    const end = text.indexOf("\r\n\r\n");
    if (end === -1) {
      this.head = text;
      return bytes.subarray(bytes.length);
    }
    const rest = bytes.subarray(end + 4 - this.head.length);
    this.head = null;
    this.events.onResponse(this.number, text.slice(0, end).split("\r\n"), atMs);
    return rest;
  }
}

/** Deals the reports of a tap to the connections that they are about. */
export class ReportReader {
  private readonly events: WatchEvents;
  private readonly connections = new Map<number, WatchedConnection>();

  constructor(events: WatchEvents) {
    this.events = events;
  }

  take(report: WatchReport): void {
    const { connection } = report;
    if (report.type === "request") {
      this.connections.set(connection, new WatchedConnection(connection, this.events));
      this.events.onRequest(connection, report.lines);
    } else if (report.type === "bytes") {
      const bytes = Uint8Array.from(atob(report.bytes), (character) => character.charCodeAt(0));
      this.connections.get(connection)?.push(bytes, report.from, report.atMs);
    } else if (this.connections.delete(connection)) {
      this.events.onEnd(connection, report.atMs);
    }
  }

  /** The tap is another one: its connections count from 1 again. */
  reset(): void {
    this.connections.clear();
  }
}
