import { connect, type Socket } from "node:net";

/** What an attack is let loose upon, and what it leaves behind. */
export interface Target {
  readonly port: number;
  /** Multiplies every rate and every count of connections. */
  readonly strength: number;
}

/** Where connections come from: of 127.0.0.0/8, which is all this machine. */
export type Origin =
  /** All from one address, as from one machine. */
  | "one"
  /** Each from another one, as from a botnet: no limit of an address stops it. */
  | "many";

const TICK_MS = 2;
const MAX_OWED_MS = 100;
const ONE_ADDRESS = "127.66.6.6";

/** The ground that an attack is run on: paces it, counts what befalls it, and clears up behind it. */
export class Field {
  readonly port: number;
  readonly strength: number;
  /** How often what has happened. */
  readonly tally: Map<string, number> = new Map();
  private readonly sockets = new Set<Socket>();
  private readonly timers = new Set<NodeJS.Timeout>();
  private readonly endings: (() => void)[] = [];
  private addresses = 0;
  private isOver = false;

  constructor({ port, strength }: Target) {
    this.port = port;
    this.strength = strength;
  }

  get hasStopped(): boolean {
    return this.isOver;
  }

  /** Connections that are open now. */
  get open(): number {
    return this.sockets.size;
  }

  count(what: string, times: number = 1): void {
    this.tally.set(what, (this.tally.get(what) ?? 0) + times);
  }

  /** Acts so often a second, in steps of some milliseconds, until the attack is stopped. */
  every(perSecond: number, act: () => void): void {
    let lastMs = performance.now();
    let owed = 0;
    const timer = setInterval(() => {
      const nowMs = performance.now();
      // What it was kept from it does not make up for: a burst would be another attack.
      const passedMs = Math.min(nowMs - lastMs, MAX_OWED_MS);
      owed += (passedMs / 1_000) * perSecond * this.strength;
      lastMs = nowMs;
      for (; owed >= 1; owed -= 1) act();
    }, TICK_MS);
    this.timers.add(timer);
  }

  /** Keeps so many of something: makes those that are missing, so many a second at most. */
  keep(count: number, perSecond: number, has: () => number, make: () => void): void {
    this.every(perSecond, () => {
      if (has() < count * this.strength) make();
    });
  }

  /** Opens a TCP connection; its errors are counted, and are nobody's. */
  connect(origin: Origin = "many"): Socket {
    const socket = connect({ port: this.port, host: "127.0.0.1", localAddress: this.from(origin) });
    socket.setNoDelay(true);
    this.sockets.add(socket);
    socket.on("error", (error: NodeJS.ErrnoException) => this.count(error.code ?? "error"));
    socket.on("close", () => this.sockets.delete(socket));
    return socket;
  }

  /** The address of the next connection. */
  from(origin: Origin): string {
    if (origin === "one") return ONE_ADDRESS;
    this.addresses += 1;
    const [low, middle, high] = [1, 8, 16].map((_, at) => (this.addresses >> (8 * at)) & 0xff);
    return `127.${1 + (high ?? 0)}.${middle}.${Math.min(254, 1 + (low ?? 0))}`;
  }

  /** Called when the attack is stopped. */
  atEnd(end: () => void): void {
    this.endings.push(end);
  }

  /** Stops, and hangs up everywhere. */
  stop(): void {
    this.isOver = true;
    for (const end of this.endings) end();
    for (const timer of this.timers) clearInterval(timer);
    for (const socket of this.sockets) socket.destroy();
  }
}
