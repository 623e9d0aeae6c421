/**
 * The process of those who behave: stock clients that wait for the echo of each event. Nobody is sent to
 * more or less often because an answer is late.
 */
import { once } from "node:events";
import { io, type Socket } from "socket.io-client";

/** The first thing that the process is told. */
export interface ClientsSetup {
  readonly port: number;
  readonly websockets: number;
  readonly pollers: number;
  /** Events that each of them sends. */
  readonly perSecond: number;
}

/** What else it is told: begin to measure, or tell what was measured. */
export type ClientsOrder = "begin" | "end";

export type TransportName = "websocket" | "polling";

/** What those of one transport have seen in a window. */
export interface Seen {
  readonly latenciesMs: readonly number[];
  /** Events whose echo did not come, though it was waited for. */
  readonly lost: number;
}

export interface ClientsTold {
  readonly ready?: true;
  readonly seen?: Readonly<Record<TransportName, Seen>>;
  /** Reasons of disconnections, and errors, in all. */
  readonly disconnects?: readonly string[];
}

const PATIENCE_MS = 10_000;

interface Sheet {
  latenciesMs: number[];
  waiting: number;
  lost: number;
}

let sheets = newSheets();
let isMeasuring = false;
const disconnects: string[] = [];

function newSheets(): Record<TransportName, Sheet> {
  const sheet = (): Sheet => ({ latenciesMs: [], waiting: 0, lost: 0 });
  return { websocket: sheet(), polling: sheet() };
}

function echo(client: Socket, transport: TransportName): void {
  if (!isMeasuring) return;
  const sheet = sheets[transport];
  const sentMs = performance.now();
  sheet.waiting += 1;
  client.timeout(PATIENCE_MS).emit("echo", "are you there?", (error: Error | null) => {
    sheet.waiting -= 1;
    if (error !== null) sheet.lost += 1;
    else sheet.latenciesMs.push(performance.now() - sentMs);
  });
}

async function join(setup: ClientsSetup, transport: TransportName): Promise<void> {
  const client = io(`http://127.0.0.1:${setup.port}`, {
    forceNew: true,
    transports: [transport],
    reconnection: false,
  });
  client.on("disconnect", (reason) => disconnects.push(`${transport}: ${reason}`));
  client.on("connect_error", (error) => disconnects.push(`${transport}: ${error.message}`));
  await once(client as never, "connect"); // an emitter, if not Node's
  const everyMs = 1_000 / setup.perSecond;
  // Each in its own rhythm, so that they do not come all at once.
  setTimeout(() => setInterval(() => echo(client, transport), everyMs), Math.random() * everyMs);
}

async function begin(setup: ClientsSetup): Promise<void> {
  const many = (count: number, transport: TransportName): Promise<void>[] =>
    Array.from({ length: count }, () => join(setup, transport));
  await Promise.all([...many(setup.websockets, "websocket"), ...many(setup.pollers, "polling")]);
  tell({ ready: true });
}

function end(): void {
  isMeasuring = false;
  const { websocket, polling } = sheets;
  if (websocket.waiting + polling.waiting > 0) setTimeout(end, 5);
  else tell({ seen: { websocket, polling }, disconnects });
}

function tell(message: ClientsTold): void {
  process.send?.(message);
}

process.on("message", (order: ClientsSetup | ClientsOrder) => {
  if (order === "end") end();
  else if (order === "begin") {
    sheets = newSheets();
    isMeasuring = true;
  } else void begin(order);
});
process.on("disconnect", () => process.exit());
