import {
  type ClientMessage,
  chatPath,
  replacedCloseCode,
  type ServerMessage,
} from "../../protocol/chat.ts";
import { backOffMs } from "./back-off.ts";

/** Where the line to the server stands. */
export type ConnectionState =
  | { readonly kind: "connecting" }
  | { readonly kind: "open" }
  /** Lost; the next attempt is at `retryAtMs` (of `performance.now()`). */
  | { readonly kind: "waiting"; readonly retryAtMs: number }
  /** This device has no network: the next attempt is when it has one. */
  | { readonly kind: "offline" }
  /** Another window took this session over. */
  | { readonly kind: "replaced" };

export interface ConnectionEvents {
  onState(state: ConnectionState): void;
  onMessage(message: ServerMessage): void;
}

/** A line that lasted this long was a good one: the back-off starts anew. */
const goodAfterMs = 3_000;
const probeEveryMs = 20_000;
const probeTimeoutMs = 6_000;
const connectTimeoutMs = 10_000;

/** A WebSocket that comes back by itself. */
export class Connection {
  private readonly events: ConnectionEvents;
  private current: ConnectionState = { kind: "connecting" };
  private socket: WebSocket | null = null;
  private attempt = 0;
  private openedAtMs = 0;
  /** The one thing that is waited for: the next attempt, the next probe, or its answer. */
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(events: ConnectionEvents) {
    this.events = events;
    addEventListener("online", () => this.networkCame());
    addEventListener("offline", () => this.networkWent());
    document.addEventListener("visibilitychange", () => {
      // A phone that was asleep may hold a line that is long dead.
      if (document.visibilityState === "visible") this.networkCame();
    });
  }

  get state(): ConnectionState {
    return this.current;
  }

  /** False when there is no line; what is sent then would be lost. */
  send(message: ClientMessage): boolean {
    if (this.socket?.readyState !== WebSocket.OPEN) return false;
    this.socket.send(JSON.stringify(message));
    return true;
  }

  /** Tries at once, whatever it waits for. */
  connect(): void {
    if (this.socket !== null) return;
    clearTimeout(this.timer);
    const scheme = location.protocol === "https:" ? "wss" : "ws";
    const socket = new WebSocket(`${scheme}://${location.host}${chatPath}`);
    this.socket = socket;
    socket.onopen = () => this.opened();
    socket.onmessage = ({ data }) => this.received(String(data));
    socket.onclose = ({ code }) => this.lost(socket, code);
    this.enter({ kind: "connecting" });
    this.timer = setTimeout(() => this.giveUp(), connectTimeoutMs);
  }

  private opened(): void {
    this.openedAtMs = performance.now();
    this.enter({ kind: "open" });
    this.waitToProbe();
  }

  private received(text: string): void {
    this.waitToProbe();
    const message = JSON.parse(text) as ServerMessage; // our own server's
    if (message.type !== "alive") this.events.onMessage(message);
  }

  private lost(socket: WebSocket, code: number): void {
    if (socket !== this.socket) return;
    clearTimeout(this.timer);
    this.socket = null;
    if (code === replacedCloseCode) {
      this.enter({ kind: "replaced" });
      return;
    }
    const wasGood = this.openedAtMs > 0 && performance.now() - this.openedAtMs > goodAfterMs;
    if (wasGood) this.attempt = 0;
    this.openedAtMs = 0;
    this.waitToRetry();
  }

  private waitToRetry(): void {
    if (!navigator.onLine) {
      this.enter({ kind: "offline" });
      return;
    }
    const delayMs = backOffMs(this.attempt, Math.random());
    this.attempt += 1;
    this.timer = setTimeout(() => this.connect(), delayMs);
    this.enter({ kind: "waiting", retryAtMs: performance.now() + delayMs });
  }

  private waitToProbe(): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.probe(), probeEveryMs);
  }

  private probe(): void {
    clearTimeout(this.timer);
    this.send({ type: "probe" });
    this.timer = setTimeout(() => this.giveUp(), probeTimeoutMs);
  }

  /** The line does not answer: it is lost now, and not when the browser notices. */
  private giveUp(): void {
    const { socket } = this;
    if (socket === null) return;
    socket.onmessage = null;
    socket.close();
    this.lost(socket, 1006);
  }

  private networkCame(): void {
    const { kind } = this.current;
    if (kind === "open") this.probe();
    else if (kind === "waiting" || kind === "offline") this.connect();
  }

  private networkWent(): void {
    if (this.current.kind === "open") this.probe();
    if (this.current.kind !== "waiting") return;
    clearTimeout(this.timer);
    this.enter({ kind: "offline" });
  }

  private enter(state: ConnectionState): void {
    this.current = state;
    this.events.onState(state);
  }
}
