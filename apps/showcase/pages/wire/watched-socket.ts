import { wirePaths } from "../../protocol/wire.ts";
import { socketUrl } from "./tap-line.ts";

export type SocketState = "connecting" | "open" | "closing" | "closed";

/** The WebSocket that is looked at, as the page has it. */
export class WatchedSocket {
  private readonly onState: (state: SocketState, text: string) => void;
  private socket: WebSocket | null = null;

  constructor(onState: (state: SocketState, text: string) => void) {
    this.onState = onState;
  }

  /** Opens a new one, in place of the one that there is. */
  open(tapId: string, isCompressed: boolean): void {
    this.socket?.close(1000, "a new one comes");
    this.onState("connecting", "Connecting …");
    const path = isCompressed ? wirePaths.deflate : wirePaths.socket;
    const socket = new WebSocket(socketUrl(path, { tap: tapId }));
    this.socket = socket;
    socket.addEventListener("open", () => {
      if (socket !== this.socket) return;
      this.onState("open", socket.extensions === "" ? "Open" : "Open, compressed");
    });
    socket.addEventListener("close", ({ code, reason }) => {
      if (socket !== this.socket) return;
      this.onState("closed", `Closed: ${code} ${reason}`.trim());
    });
  }

  send(data: string | Uint8Array<ArrayBuffer>): void {
    if (this.socket?.readyState === WebSocket.OPEN) this.socket.send(data);
  }

  close(code: number, reason: string): void {
    this.onState("closing", "Closing …");
    this.socket?.close(code, reason);
  }

  /** The server is away: what the socket itself says of it no longer matters. */
  forget(): void {
    this.socket = null;
  }
}
