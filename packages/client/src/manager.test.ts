import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import { type WebSocket, WebSocketServer } from "ws";
import { Manager, type ManagerOptions } from "./websocket.ts";

const cleanups: (() => unknown)[] = [];

afterEach(() => {
  for (const cleanup of cleanups.splice(0)) cleanup();
});

/** A server that does with each connection what a test says. */
async function serve(serveOne: (socket: WebSocket) => void): Promise<number> {
  const server = new WebSocketServer({ port: 0, host: "127.0.0.1" });
  server.on("connection", serveOne);
  await once(server, "listening");
  cleanups.push(() => {
    for (const socket of server.clients) socket.terminate();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

/** Begins a session. */
function welcome(socket: WebSocket): void {
  const times = { pingInterval: 60_000, pingTimeout: 1, maxPayload: 1_000 };
  socket.send(`0${JSON.stringify({ sid: "s", upgrades: [], ...times })}`);
}

function managerOf(port: number, options: ManagerOptions = {}): Manager {
  const made = new Manager(`http://127.0.0.1:${port}`, { reconnectionDelay: 5, ...options });
  cleanups.push(() => made._close());
  return made;
}

function first(
  manager: Manager,
  event: "open" | "error" | "reconnect_attempt",
): Promise<unknown[]> {
  return new Promise((resolve) => manager.once(event, (...args: unknown[]) => resolve(args)));
}

describe("a manager", () => {
  test("takes a connection that ends before it has begun for one that has failed", async () => {
    let times = 0;
    const port = await serve((socket) => {
      times += 1;
      if (times === 1) socket.close();
      else welcome(socket);
    });
    const manager = managerOf(port);
    const opened = first(manager, "open");
    const [error] = await first(manager, "error");
    expect((error as Error).message).toBe("transport close");
    await opened;
    expect(times).toBe(2);
  });

  test("that is opened while it waits opens at once, and tries no more", async () => {
    const port = await serve(welcome);
    const manager = managerOf(port, { autoConnect: false, reconnectionDelay: 60_000 });
    const attempts: unknown[] = [];
    manager.on("reconnect_attempt", (attempt) => attempts.push(attempt));
    const opened = first(manager, "open");
    manager.open();
    await opened;
    // As when the network is lost.
    manager.engine.onEnd({ description: "lost" });
    expect([manager._readyState, manager._reconnecting]).toEqual(["closed", true]);
    const again = first(manager, "open");
    manager.open();
    await again;
    expect([manager._readyState, manager._reconnecting, attempts]).toEqual(["open", false, []]);
  });

  test("that is told to reconnect no more forgets what it was about to do", async () => {
    const port = await serve((socket) => socket.close());
    const manager = managerOf(port, { reconnectionDelay: 1 });
    await first(manager, "reconnect_attempt");
    const [error] = await first(manager, "error");
    expect(error).toBeInstanceOf(Error);
    manager.reconnection(false);
    await expect.poll(() => manager._reconnecting).toBe(false);
    expect(manager._readyState).toBe("closed");
  });
});
