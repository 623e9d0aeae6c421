import type { Answer } from "../checker/history.ts";
import type { Body } from "../server/subject.ts";
import type { Client, ClientListener } from "./client.ts";
import type { Dialect } from "./dialect.ts";
import type { Route } from "./publisher.ts";
import { RawClient } from "./raw-client.ts";
import { StockClient } from "./stock-client.ts";

const deaf: ClientListener = {
  onConnect() {},
  onDisconnect() {},
  onEvent() {},
  onRefused() {},
};

/** Publishes as a client. */
export class ClientRoute implements Route {
  private readonly name: string;
  private readonly client: Client;
  private readonly dialect: Dialect;

  constructor(name: string, url: string, dialect: Dialect, kind: "stock" | "raw") {
    const options = { url, token: name, listener: deaf };
    this.name = name;
    this.client = kind === "raw" ? new RawClient(options) : new StockClient(options, "websocket");
    this.dialect = dialect;
  }

  get isOpen(): boolean {
    return this.client.isConnected;
  }

  get connection(): string {
    return `${this.name}-${this.client.connection}`;
  }

  send(body: Body): Promise<Answer> {
    return this.dialect.publish(this.client, body);
  }

  close(): void {
    this.client.close();
  }
}
