/** What the tests of delivery do with servers and stock clients. */
import type { LogStore } from "../log/log.ts";
import { memoryLog } from "../log/memory-log.ts";
import { type connected, first, type Running, start } from "../server.fixture.ts";
import type { Socket } from "../socket.ts";

/** What a stock client keeps of its session. */
export interface Stock {
  recovered: boolean;
  _pid?: string;
  _lastOffset?: string;
  io: { engine: { close(): void } };
}

export type Client = Awaited<ReturnType<typeof connected>>;

/** Cuts a client's connection, and waits until both sides have seen it. */
export async function cut(running: Running, client: Client, namespace = "/"): Promise<void> {
  const socket = socketOf(running, client, namespace);
  const lost = first(socket, "disconnect");
  (client as unknown as Stock).io.engine.close();
  await lost;
}

/** The client's end on the server. */
export function socketOf({ io }: Running, { id = "" }: Client, namespace = "/"): Socket {
  return io.of(namespace).sockets.get(id) as Socket;
}

/** Connects again. */
export async function back(client: Client): Promise<void> {
  const connected = first(client, "connect");
  client.connect();
  await connected;
}

/** Collects events of that name; `until(n)` resolves when there are so many. */
export function collect(
  client: Client,
  event: string,
): { got: unknown[]; until(count: number): Promise<void> } {
  const got: unknown[] = [];
  let wake: (() => void) | null = null;
  client.on(event, (value: unknown) => {
    got.push(value);
    wake?.();
  });
  return {
    got,
    until: async (count) => {
      while (got.length < count) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    },
  };
}

/** A server with durable rooms `chat:*`, which clients `enter`; its log is in memory. */
export function chat(): Promise<Running> {
  return chatOn(memoryLog());
}

export async function chatOn(log: LogStore): Promise<Running> {
  const running = await start({ log });
  running.io.rooms("chat:*", {
    delivery: "durable",
    authorize: (_socket, _action, room) => room !== "chat:secret",
  });
  running.io.on("connection", (socket) => {
    socket.on("enter", async (room: string, answer: () => void) => {
      await socket.join(room);
      answer();
    });
  });
  return running;
}
