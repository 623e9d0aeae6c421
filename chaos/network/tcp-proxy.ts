import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { Link } from "./link.ts";

/** Stands between a group of clients and the server, and harms what goes through. */
export class TcpProxy {
  private readonly listener: Server;
  private readonly links: Set<Link> = new Set();
  /** Where the server is; null while there is none. */
  private serverPort: number | null = null;
  /** What happens to each new link. */
  private onLink: ((link: Link) => void) | null = null;

  private constructor(listener: Server) {
    this.listener = listener;
    listener.on("connection", (client: Socket) => this.accept(client));
  }

  static async listen(): Promise<TcpProxy> {
    const listener = createServer({ noDelay: true });
    listener.listen(0, "127.0.0.1");
    await once(listener, "listening");
    return new TcpProxy(listener);
  }

  get port(): number {
    return (this.listener.address() as AddressInfo).port; // it listens on TCP
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  get linkCount(): number {
    return this.links.size;
  }

  /** The server is there from now on; or nowhere. */
  aim(serverPort: number | null): void {
    this.serverPort = serverPort;
  }

  /** Does something to all links, and to each new one until `heal`. */
  apply(harm: (link: Link) => void, harmNew: ((link: Link) => void) | null = null): void {
    this.onLink = harmNew;
    for (const link of [...this.links]) harm(link);
  }

  heal(): void {
    this.onLink = null;
    for (const link of this.links) link.heal();
  }

  async close(): Promise<void> {
    const closed = once(this.listener, "close");
    this.listener.close();
    for (const link of [...this.links]) link.cut();
    await closed;
  }

  private accept(client: Socket): void {
    client.on("error", () => {});
    if (this.serverPort === null) {
      client.resetAndDestroy();
      return;
    }
    const server = connect({ port: this.serverPort, host: "127.0.0.1", noDelay: true });
    const link = new Link(client, server, () => this.links.delete(link));
    this.links.add(link);
    this.onLink?.(link);
  }
}
