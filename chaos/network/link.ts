import type { Socket } from "node:net";

/** What a link does with what it is given. */
type Mode =
  | "open"
  /** Nothing comes through, and nobody is told. */
  | "half-open"
  /** Nothing comes through until it is open again; then all of it does. */
  | "stalled"
  /** Nothing is read from the server, and a little is after that. */
  | "not-reading";

const drip = 4096;
const dripMs = 100;

/** A connection of a client through the proxy to the server. */
export class Link {
  private readonly client: Socket;
  private readonly server: Socket;
  private mode: Mode = "open";
  private dripper: NodeJS.Timeout | null = null;
  /** Towards the client; it is reset after so many. */
  private bytesLeft = Number.POSITIVE_INFINITY;

  constructor(client: Socket, server: Socket, onEnd: () => void) {
    this.client = client;
    this.server = server;
    client.on("data", (bytes: Buffer) => this.forward(client, server, bytes));
    server.on("data", (bytes: Buffer) => this.forward(server, client, this.measured(bytes)));
    for (const [end, other] of [
      [client, server],
      [server, client],
    ] as const) {
      // What happened shows as its close.
      end.on("error", () => {});
      end.on("end", () => {
        if (this.mode !== "half-open") other.end();
      });
      end.on("close", () => {
        if (this.mode !== "half-open") other.destroy();
        if (client.destroyed && server.destroyed) {
          this.stopDripping();
          onEnd();
        }
      });
    }
  }

  /** Closes both ends. */
  cut(): void {
    this.client.destroy();
    this.server.destroy();
  }

  reset(): void {
    this.client.resetAndDestroy();
    this.server.resetAndDestroy();
  }

  /** Resets the link once so many further bytes have come from the server. */
  resetAfter(bytes: number): void {
    this.bytesLeft = bytes;
  }

  halfOpen(): void {
    this.flow("half-open");
  }

  /** The client's end is gone; the server's stays open, and nobody is there. */
  orphan(): void {
    this.flow("half-open");
    this.client.resetAndDestroy();
  }

  stall(): void {
    if (this.mode === "open") this.flow("stalled");
  }

  stopReading(): void {
    if (this.mode === "open") this.flow("not-reading");
  }

  /** Lets only a few thousand bytes a second through from the server. */
  slowDown(): void {
    if (this.mode !== "open") return;
    this.flow("not-reading");
    this.dripper = setInterval(() => {
      // Each read is told to the listener of its data.
      if (this.server.read(drip) === null) this.server.read();
    }, dripMs);
  }

  /** Ends what was held back; a half-open link stays so. */
  heal(): void {
    if (this.mode === "stalled" || this.mode === "not-reading") this.flow("open");
  }

  private flow(mode: Mode): void {
    this.mode = mode;
    this.stopDripping();
    const isRead = mode === "open" || mode === "half-open";
    if (isRead) this.server.resume();
    else this.server.pause();
    if (isRead || mode === "not-reading") this.client.resume();
    else this.client.pause();
  }

  private stopDripping(): void {
    if (this.dripper !== null) clearInterval(this.dripper);
    this.dripper = null;
  }

  private forward(from: Socket, to: Socket, bytes: Buffer): void {
    if (this.mode === "half-open" || to.destroyed) return;
    if (to.write(bytes)) return;
    from.pause();
    to.once("drain", () => {
      if (this.mode === "open") from.resume();
    });
  }

  private measured(bytes: Buffer): Buffer {
    if (this.bytesLeft === Number.POSITIVE_INFINITY) return bytes;
    const through = bytes.subarray(0, this.bytesLeft);
    this.bytesLeft -= through.length;
    // In the next turn, so that what has come through is on its way.
    if (this.bytesLeft === 0) setImmediate(() => this.reset());
    return through;
  }
}
