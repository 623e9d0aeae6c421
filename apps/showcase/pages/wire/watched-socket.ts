import { type Side, type TapReport, wirePaths } from "../../protocol/wire.ts";
import { FrameReader, type SeenFrame } from "./frame-reader.ts";
import { socketUrl } from "./tap-line.ts";

export interface WatchedSocketEvents {
  onRequest(lines: readonly string[]): void;
  onResponse(lines: readonly string[]): void;
  onFrame(frame: SeenFrame, from: Side, atMs: number): void;
  onState(state: "connecting" | "open" | "closed", text: string): void;
}

/** The WebSocket that is looked at, and what the tap tells of it. */
export class WatchedSocket {
  private readonly events: WatchedSocketEvents;
  private socket: WebSocket | null = null;
  private readers: Record<Side, FrameReader> = newReaders();
  /** What has come of the server's answer to the handshake; null once it is complete. */
  private head: string | null = "";

  constructor(events: WatchedSocketEvents) {
    this.events = events;
  }

  get isOpen(): boolean {
    return this.socket?.readyState === WebSocket.OPEN;
  }

  /** Opens a new one, in place of the one that there is. */
  open(tapId: string, isCompressed: boolean): void {
    this.socket?.close(1000, "a new one comes");
    this.readers = newReaders();
    this.head = "";
    this.events.onState("connecting", "Connecting …");
    const path = isCompressed ? wirePaths.deflate : wirePaths.socket;
    const socket = new WebSocket(socketUrl(path, { tap: tapId }));
    socket.binaryType = "arraybuffer";
    this.socket = socket;
    socket.addEventListener("open", () => {
      if (socket !== this.socket) return;
      const { extensions } = socket;
      this.events.onState("open", extensions === "" ? "Open" : `Open, ${extensions}`);
    });
    socket.addEventListener("close", ({ code, reason }) => {
      if (socket !== this.socket) return;
      this.events.onState("closed", `Closed: ${code}${reason === "" ? "" : ` ${reason}`}`);
    });
  }

  send(data: string | Uint8Array<ArrayBuffer>): void {
    if (this.isOpen) this.socket?.send(data);
  }

  close(code: number, reason: string): void {
    this.socket?.close(code, reason);
  }

  /** Takes a report of the tap. */
  take(report: TapReport): void {
    if (report.type === "request") {
      // A new connection: what an old one still says is over.
      this.readers = newReaders();
      this.head = "";
      this.events.onRequest(report.lines);
    } else if (report.type === "bytes") {
      const bytes = Uint8Array.from(atob(report.bytes), (character) => character.charCodeAt(0));
      this.takeBytes(bytes, report.from, report.atMs);
    }
  }

  private takeBytes(bytes: Uint8Array, from: Side, atMs: number): void {
    let rest = bytes;
    if (from === "server" && this.head !== null) {
      const text = this.head + String.fromCharCode(...bytes);
      const end = text.indexOf("\r\n\r\n");
      if (end === -1) {
        this.head = text;
        return;
      }
      rest = bytes.subarray(end + 4 - this.head.length);
      this.head = null;
      this.events.onResponse(text.slice(0, end).split("\r\n"));
    }
    for (const frame of this.readers[from].push(rest)) this.events.onFrame(frame, from, atMs);
  }
}

function newReaders(): Record<Side, FrameReader> {
  return { client: new FrameReader(), server: new FrameReader() };
}
