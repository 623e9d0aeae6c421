import { io, type Socket } from "socket.io-client";
import type { Client, ClientOptions } from "./client.ts";

const reconnectionDelayMs = 50;
const reconnectionDelayMaxMs = 400;

/** The client that everybody has: socket.io-client, as it is installed. */
export class StockClient implements Client {
  private readonly socket: Socket;
  private connections = 0;

  constructor({ url, token, listener }: ClientOptions, transport: "websocket" | "polling") {
    const socket = io(url, {
      transports: [transport],
      auth: { token },
      forceNew: true,
      reconnectionDelay: reconnectionDelayMs,
      reconnectionDelayMax: reconnectionDelayMaxMs,
      timeout: 5000,
    });
    this.socket = socket;
    let hasConnected = false;
    socket.on("connect", () => {
      this.connections += 1;
      const { _pid: session = "" } = socket as unknown as { _pid?: string }; // it has no public name
      listener.onConnect(session, hasConnected && socket.recovered);
      hasConnected = true;
    });
    socket.on("disconnect", (reason) => {
      listener.onDisconnect(reason);
      // What the server has ended, it has to be asked for anew.
      if (reason === "io server disconnect") socket.connect();
    });
    // Without `active` it does not try again: the server has answered, and said no.
    socket.on("connect_error", ({ message }) => {
      if (!socket.active) listener.onRefused(message);
    });
    socket.onAny((name: string, ...args: unknown[]) => listener.onEvent(name, args));
  }

  get isConnected(): boolean {
    return this.socket.connected;
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
    if (!this.isConnected) return Promise.reject(new Error("not connected"));
    return new Promise((resolve, reject) => {
      this.socket
        .timeout(timeoutMs)
        .emit(event, ...args, (error: Error | null, answer: unknown) => {
          if (error !== null) {
            reject(error);
            return;
          }
          onAnswer(answer);
          resolve();
        });
    });
  }

  close(): void {
    this.socket.close();
  }
}
