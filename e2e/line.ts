import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";

/** A stretch of network between browsers and a server, which can be cut. */
export class Line {
  private readonly listener: Server;
  private readonly sockets = new Set<Socket>();
  private readonly port: number;
  private isOpen = true;
  private isForPagesOnly = false;

  private constructor(port: number) {
    this.port = port;
    this.listener = createServer((socket) => this.accept(socket));
  }

  /** Leads to that port of this machine, even if nobody listens there now. */
  static async to(port: number): Promise<Line> {
    const line = new Line(port);
    line.listener.listen(0, "127.0.0.1");
    await once(line.listener, "listening");
    return line;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.listener.address() as AddressInfo).port}`;
  }

  /** Ends all connections without a goodbye, and lets nobody through. */
  cut(): void {
    this.isOpen = false;
    for (const socket of this.sockets) socket.resetAndDestroy();
  }

  mend(): void {
    this.isOpen = true;
    this.isForPagesOnly = false;
  }

  /** Ends all connections; pages and what they are made of can be loaded, but nothing more connects. */
  cutButForPages(): void {
    this.cut();
    this.isOpen = true;
    this.isForPagesOnly = true;
  }

  async close(): Promise<void> {
    this.cut();
    const closed = once(this.listener, "close");
    this.listener.close();
    await closed;
  }

  private accept(socket: Socket): void {
    socket.on("error", () => {});
    if (!this.isOpen) {
      socket.resetAndDestroy();
      return;
    }
    const peer = connect(this.port, "127.0.0.1");
    peer.on("error", () => {});
    for (const [one, other] of [
      [socket, peer],
      [peer, socket],
    ] as const) {
      this.sockets.add(one);
      one.on("close", () => {
        this.sockets.delete(one);
        other.destroy();
      });
    }
    socket.on("data", (chunk: Buffer) => {
      const isForSocket = chunk.toString("latin1", 0, 32).includes(" /socket.io/");
      if (isForSocket && this.isForPagesOnly) socket.resetAndDestroy();
      else peer.write(chunk);
    });
    peer.pipe(socket);
  }
}
