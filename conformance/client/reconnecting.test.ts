import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { describe, expect, test } from "vitest";
import { WebSocketServer } from "ws";
import {
  client,
  connected,
  join,
  next,
  nowhere,
  onTestEnd,
  pairs,
  pairsByWay,
  record,
  start,
  stop,
} from "./fixture.ts";

const told = ["reconnect_attempt", "reconnect_error", "reconnect_failed", "reconnect"];

describe.each(pairsByWay)("$client on $server by $way: losing the connection", (sides) => {
  const { options } = sides;

  test("says so, comes back by itself, and sends what was emitted meanwhile", async () => {
    const running = await start(sides);
    const { client: made, socket: old } = await join(sides, running, options);
    const { id } = made;
    const log = record(made, ["connect", "disconnect"]);
    const again = next(made.io, "reconnect");
    const lost = next(made, "disconnect");
    const server = next<[{ on(name: string, listener: unknown): void }]>(running.io, "connection");
    old.conn.close();
    const [reason, details] = await lost;
    expect(reason).toBe("transport close");
    expect(details).toBeDefined();
    expect([made.connected, made.id, made.active]).toEqual([false, undefined, true]);
    const got = new Promise((resolve) => void server.then(([socket]) => socket.on("n", resolve)));
    made.emit("n", 1);
    expect(made.sendBuffer).toHaveLength(1);
    await again;
    await connected(made);
    expect(await got).toBe(1);
    expect(made.id).not.toBe(id);
    expect(made.recovered).toBeFalsy();
    expect(log.map(([name]) => name)).toEqual(["disconnect", "connect"]);
  });

  test("tries until the server is back, and counts", async () => {
    const running = await start(sides);
    const { client: made } = await join(sides, running, options);
    const log = record(made.io, told);
    const refused = new Promise<void>((resolve) => {
      made.io.on("reconnect_attempt", (attempt) => {
        if (attempt === 3) resolve();
      });
    });
    await stop(running);
    await refused;
    const again = next(made.io, "reconnect");
    await start(sides, {}, running.port);
    const [attempts] = await again;
    await connected(made);
    const names = log.map(([name]) => name);
    expect(names.filter((name) => name === "reconnect_attempt")).toHaveLength(attempts as number);
    expect(names.filter((name) => name === "reconnect_error")).toHaveLength(
      (attempts as number) - 1,
    );
    expect(names.at(-1)).toBe("reconnect");
    expect(log[0]).toEqual(["reconnect_attempt", 1]);
  });

  test("the server's disconnect is final, until the client connects again", async () => {
    const running = await start(sides);
    const { client: made, socket } = await join(sides, running, options);
    const lost = next(made, "disconnect");
    socket.disconnect();
    expect((await lost)[0]).toBe("io server disconnect");
    expect([made.active, made.connected]).toEqual([false, false]);
    made.connect();
    await connected(made);
  });

  test("the client's own disconnect tells both sides", async () => {
    const running = await start(sides);
    const { client: made, socket } = await join(sides, running, options);
    const there = next(socket, "disconnect");
    const log = record(made, ["disconnect"]);
    made.emit("last");
    expect(made.disconnect()).toBe(made);
    expect(log).toEqual([["disconnect", "io client disconnect", undefined]]);
    expect((await there)[0]).toBe("client namespace disconnect");
    expect(made.io._readyState).toBe("closed");
    expect(made.close()).toBe(made);
    expect(log).toHaveLength(1);
  });

  test("a packet that cannot be read ends the connection", async () => {
    const running = await start(sides);
    const { client: made, socket } = await join(sides, running, {
      ...options,
      reconnection: false,
    });
    const lost = next<[string, Error]>(made, "disconnect");
    socket.conn.write("2[not json" as never);
    const [reason, error] = await lost;
    expect(reason).toBe("parse error");
    expect(error).toBeInstanceOf(Error);
  });
});

describe.each(pairs)("$client on $server: trying again", (sides) => {
  test("ends after the attempts that are allowed", async () => {
    const made = client(sides, await nowhere(), { reconnectionAttempts: 2 });
    const log = record(made.io, told);
    await next(made.io, "reconnect_failed");
    expect(log.map(([name, what]) => (name === "reconnect_attempt" ? what : name))).toEqual([
      ...[1, "reconnect_error", 2, "reconnect_failed", "reconnect_error"],
    ]);
  });

  test("is not done with reconnection off", async () => {
    const made = client(sides, await nowhere(), { reconnection: false });
    const log = record(made.io, told);
    await next(made, "connect_error");
    expect(made.io._reconnecting).toBeFalsy();
    expect(log).toEqual([]);
  });

  test("ends when the application disconnects, whenever that is", async () => {
    const made = client(sides, await nowhere(), { reconnectionDelay: 1 });
    const log = record(made.io, ["reconnect_attempt", "reconnect_error"]);
    await next(made.io, "reconnect_error");
    made.disconnect();
    expect(made.active).toBe(false);
    const other = client(sides, await nowhere(), { reconnectionDelay: 1 });
    await new Promise<void>((resolve) =>
      other.io.on("reconnect_attempt", () => {
        other.disconnect();
        resolve();
      }),
    );
    // Whatever were still under way would have come before two attempts of another.
    const last = client(sides, await nowhere(), { reconnectionAttempts: 2 });
    await next(last.io, "reconnect_failed");
    expect(log).toHaveLength(2);
    expect(other.io._readyState).toBe("closed");
  });

  test("waits longer each time, up to the limit", async () => {
    const made = client(sides, await nowhere(), {
      reconnectionDelay: 20,
      reconnectionDelayMax: 60,
      randomizationFactor: 0,
      reconnectionAttempts: 4,
    });
    const atMs: number[] = [];
    await next(made, "connect_error");
    atMs.push(performance.now());
    made.io.on("reconnect_attempt", () => atMs.push(performance.now()));
    await next(made.io, "reconnect_failed");
    const waitsMs = atMs.slice(1).map((ms, at) => ms - (atMs[at] ?? 0));
    for (const [at, leastMs] of [20, 40, 60, 60].entries()) {
      // Timers may be a millisecond early by this clock.
      expect(waitsMs[at]).toBeGreaterThanOrEqual(leastMs - 1);
    }
  });

  test("settings that change hold from the next attempt on", async () => {
    const made = client(sides, await nowhere(), { reconnectionDelay: 1 });
    await next(made.io, "reconnect_error");
    made.io.reconnectionAttempts(1);
    await next(made.io, "reconnect_failed");
  });

  test("namespaces all come back over one connection", async () => {
    const running = await start(sides);
    running.io.of("/a");
    const manager = new sides.Manager(running.url, { reconnectionDelay: 1 });
    const both = [manager.socket("/"), manager.socket("/a")];
    await Promise.all(both.map(connected));
    const lost = both.map((each) => next(each, "disconnect"));
    running.cut();
    await Promise.all(lost);
    await Promise.all(both.map(connected));
    expect(running.io.of("/a").sockets.size).toBeGreaterThan(0);
    for (const each of both) each.disconnect();
  });

  test("a server that falls silent is given up", async () => {
    const server = new WebSocketServer({ port: 0, host: "127.0.0.1" });
    onTestEnd(() => server.close());
    await once(server, "listening");
    server.on("connection", (socket) => {
      socket.send(
        '0{"sid":"s","upgrades":[],"pingInterval":20,"pingTimeout":10,"maxPayload":1000}',
      );
      socket.send('40{"sid":"n"}');
      socket.send("2");
    });
    const { port } = server.address() as AddressInfo;
    const made = client(sides, `http://127.0.0.1:${port}`, {
      transports: ["websocket"],
      reconnection: false,
    });
    const pinged = next(made.io, "ping");
    await connected(made);
    await pinged;
    expect((await next(made, "disconnect"))[0]).toBe("ping timeout");
  });
});
