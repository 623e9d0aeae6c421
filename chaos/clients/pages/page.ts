import type { Client } from "@openline/client/channels";
import type { TcpProxy } from "../../network/tcp-proxy.ts";
import { revokedMessage } from "../../server/subject.ts";
import type { Channels } from "./planted-client.ts";
import type { PageStore } from "./shared-store.ts";

/** What a page tells its owner. */
export interface PageListener {
  onConnect(page: Page, isRecovered: boolean): void;
  onDisconnect(page: Page, reason: string): void;
  /** The server has refused to let it in, and means it. */
  onRevoked(): void;
}

export interface PageOptions {
  readonly number: number;
  readonly token: string;
  /** Its own: it dies with its page. */
  readonly line: TcpProxy;
  readonly store: PageStore;
  readonly transports: readonly string[];
  readonly listener: PageListener;
  readonly channels: Channels;
}

const reconnectionDelayMs = 50;
const reconnectionDelayMaxMs = 400;
const timeoutMs = 5000;
const maxFadeMs = 800;

/** A page: a client with channels, which can end as pages do when somebody reloads them. */
export class Page {
  readonly number: number;
  readonly client: Client;
  isOver = false;
  private readonly options: PageOptions;

  constructor(options: PageOptions) {
    const { number, token, line, store, transports, listener, channels } = options;
    this.number = number;
    this.options = options;
    this.client = channels.createClient(line.url, {
      auth: { token },
      transports,
      persist: store,
      reconnectionDelay: reconnectionDelayMs,
      reconnectionDelayMax: reconnectionDelayMaxMs,
      timeout: timeoutMs,
      ackTimeoutMs: timeoutMs,
    });
    const { socket } = this.client;
    socket.on("connect", () => {
      if (!this.isOver) listener.onConnect(this, socket.recovered);
    });
    socket.on("disconnect", (reason) => {
      if (this.isOver) return;
      listener.onDisconnect(this, reason);
      // What the server has ended, it has to be asked for anew.
      if (reason === "io server disconnect") socket.connect();
    });
    socket.on("connect_error", ({ message }) => {
      if (!this.isOver && message === revokedMessage) listener.onRevoked();
    });
  }

  get isConnected(): boolean {
    return !this.isOver && this.client.connection.get().state === "connected";
  }

  /** Gives its session up, and begins another. */
  renew(): void {
    this.client.socket.disconnect().connect();
  }

  /**
   * Ends it in a while, amid everything: until then either nothing that it sends arrives, or no answer
   * does. Which, and for how long, is up to `dice`.
   */
  fade(dice: number, onEnd: () => void): void {
    const { line } = this.options;
    line.apply((link) => (dice % 3 === 0 ? link.stopReading() : link.halfOpen()));
    setTimeout(
      () => {
        if (this.isOver) return;
        this.end();
        onEnd();
      },
      Math.floor(dice / 3) % maxFadeMs,
    );
  }

  /** Ends it at once: without a word to the server, and without another write to the store. */
  end(): void {
    this.isOver = true;
    const { line, store } = this.options;
    line.apply((link) => link.reset());
    store.end();
    this.client.close();
  }
}
