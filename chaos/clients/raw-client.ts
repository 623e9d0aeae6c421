import WebSocket from "ws";
import type { Client, ClientOptions } from "./client.ts";

const retryMs = 50;
const connectTimeoutMs = 5000;

interface Waiting {
  readonly answered: (answer: unknown) => void;
  readonly reject: (error: Error) => void;
  readonly timer: NodeJS.Timeout;
}

/** Speaks the protocols of Engine.IO 4 and Socket.IO 5 by hand over a WebSocket. */
export class RawClient implements Client {
  private readonly options: ClientOptions;
  private socket: WebSocket | null = null;
  private connections = 0;
  private isClosed = false;
  private isIn = false;
  /** The session and the place in it, which the next connection names. */
  private pid: string | null = null;
  private offset: string | null = null;
  private lastAck = 0;
  private readonly waiting: Map<number, Waiting> = new Map();
  private watchdog: NodeJS.Timeout | null = null;
  private heartbeatMs = connectTimeoutMs;

  constructor(options: ClientOptions) {
    this.options = options;
    this.open();
  }

  get isConnected(): boolean {
    return this.isIn;
  }

  get connection(): string {
    return String(this.connections);
  }

  request(
    event: string,
    args: readonly unknown[],
    timeoutMs: number,
    onAnswer: (answer: unknown) => void,
  ): Promise<void> {
    if (!this.isIn) return Promise.reject(new Error("not connected"));
    this.lastAck += 1;
    const id = this.lastAck;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.waiting.delete(id);
        reject(new Error("timeout"));
      }, timeoutMs);
      const answered = (answer: unknown): void => {
        onAnswer(answer);
        resolve();
      };
      this.waiting.set(id, { answered, reject, timer });
      this.socket?.send(`42${id}${JSON.stringify([event, ...args])}`);
    });
  }

  close(): void {
    this.isClosed = true;
    this.drop();
  }

  private open(): void {
    const url = `${this.options.url.replace("http", "ws")}/socket.io/?EIO=4&transport=websocket`;
    const socket = new WebSocket(url, { perMessageDeflate: false });
    this.socket = socket;
    this.heartbeatMs = connectTimeoutMs;
    this.watch();
    socket.on("message", (data) => this.take(String(data)));
    socket.on("error", () => {});
    socket.on("close", () => {
      if (socket === this.socket) this.lost("transport close");
    });
  }

  /** Gives up a connection on which nothing comes, not even a ping. */
  private watch(): void {
    if (this.watchdog !== null) clearTimeout(this.watchdog);
    this.watchdog = setTimeout(() => this.lost("ping timeout"), this.heartbeatMs);
  }

  private take(packet: string): void {
    this.watch();
    const type = packet.slice(0, 1);
    if (type === "0") {
      const { pingInterval, pingTimeout } = JSON.parse(packet.slice(1));
      this.heartbeatMs = pingInterval + pingTimeout;
      const session = this.pid === null ? {} : { pid: this.pid };
      const place = this.offset === null ? {} : { offset: this.offset };
      const auth = { token: this.options.token, ...session, ...place };
      this.socket?.send(`40${JSON.stringify(auth)}`);
    } else if (type === "2") this.socket?.send("3");
    else if (type === "1") this.lost("transport close");
    else if (type === "4") this.takePacket(packet.slice(1));
  }

  private takePacket(packet: string): void {
    const [, type, id, text = ""] = /^(\d)(\d*)(.*)$/s.exec(packet) ?? [];
    const { listener } = this.options;
    if (type === "0") this.admitted(JSON.parse(text));
    else if (type === "1") this.dismissed();
    else if (type === "2") {
      const [name, ...args] = JSON.parse(text) as [string, ...unknown[]];
      const last = args.at(-1);
      if (this.pid !== null && typeof last === "string") this.offset = last;
      listener.onEvent(name, args);
    } else if (type === "3") {
      const waiting = this.waiting.get(Number(id));
      this.waiting.delete(Number(id));
      if (waiting === undefined) return;
      clearTimeout(waiting.timer);
      waiting.answered((JSON.parse(text) as unknown[])[0]);
    } else if (type === "4") {
      this.isClosed = true;
      this.drop();
      listener.onRefused(String(JSON.parse(text).message));
    }
  }

  private admitted({ pid }: { pid?: string }): void {
    const isRecovered = pid !== undefined && pid === this.pid;
    this.pid = pid ?? null;
    this.isIn = true;
    this.connections += 1;
    this.options.listener.onConnect(this.pid ?? "", isRecovered);
  }

  /** The server has ended the session: the next one is new. */
  private dismissed(): void {
    this.pid = null;
    this.offset = null;
    this.lost("io server disconnect");
  }

  private lost(reason: string): void {
    const wasIn = this.isIn;
    this.drop();
    if (wasIn) this.options.listener.onDisconnect(reason);
    if (!this.isClosed) setTimeout(() => this.reopen(), retryMs + Math.random() * retryMs);
  }

  private reopen(): void {
    if (!this.isClosed && this.socket === null) this.open();
  }

  private drop(): void {
    if (this.watchdog !== null) clearTimeout(this.watchdog);
    this.isIn = false;
    const socket = this.socket;
    this.socket = null;
    socket?.terminate();
    for (const { reject, timer } of this.waiting.values()) {
      clearTimeout(timer);
      reject(new Error("the connection is lost"));
    }
    this.waiting.clear();
  }
}
