import { describe, expect, test } from "vitest";
import { apiKeys } from "../guard/authenticate/api-keys.ts";
import type { Verdict } from "../guard/authenticate/principal.ts";
import { refusal } from "../guard/codes.ts";
import type { Handshake } from "../rooms/handshake.ts";
import { connected, first, type Running, start } from "../server.fixture.ts";
import type { Socket } from "../socket.ts";

/** Tokens are `user` or `user:expiresMs`. */
function authenticate({ auth }: Handshake): Verdict {
  const { token } = auth as { token?: string };
  if (token === undefined) return null;
  if (token === "broken") throw new Error("The secret database password is hunter2");
  if (token === "busy") return refusal("OPENLINE_ISSUER_UNAVAILABLE");
  const [id = "", expiresMs] = token.split(":");
  if (id === "mallory") return refusal("OPENLINE_TOKEN_INVALID", { details: { claim: "sub" } });
  return expiresMs === undefined ? { id } : { id, expiresMs: Number(expiresMs) };
}

const errors: unknown[] = [];

function guarded(refreshGrace = 30): Promise<Running> {
  errors.length = 0;
  return start({
    authenticate,
    limits: { refreshGrace, connectionsPerPrincipal: 2 },
    connectionStateRecovery: true,
    onError: (error) => errors.push(error),
  });
}

function as(token: string, more: object = {}): { auth: { token: string } } {
  return { auth: { token }, ...more };
}

function soon(): number {
  return Date.now() + 60;
}

describe("who connects", () => {
  test("is known to handlers and middlewares, and others are told why not", async () => {
    const running = await guarded();
    const seen: unknown[] = [];
    running.io.use((socket, next) => {
      seen.push(socket.principal?.id);
      next();
    });
    running.io.on("connection", (socket) => seen.push(socket.principal?.id));
    await connected(running, as("ada"));
    expect(seen).toEqual(["ada", "ada"]);
    await expect(connected(running)).rejects.toMatchObject({
      data: { code: "OPENLINE_UNAUTHENTICATED" },
    });
    await expect(connected(running, as("mallory"))).rejects.toMatchObject({
      data: { code: "OPENLINE_TOKEN_INVALID", details: { claim: "sub" } },
    });
    expect(seen.length).toBe(2);
    expect(running.io.engine.clientsCount).toBeGreaterThan(0);
  });

  test("is told to come back, and not to stay away, when that cannot be found out", async () => {
    const running = await guarded();
    for (const token of ["busy", "broken"]) {
      // A stock client gives up after a CONNECT_ERROR: it is cut off instead.
      const opened = first(running.io.engine, "connection");
      const connecting = connected(running, as(token, { transports: ["websocket"], timeout: 400 }));
      const [conn] = (await opened) as [Socket["conn"]];
      const closed = first(conn, "close");
      connecting.catch(() => {});
      expect((await closed)[0]).toBe("forced close");
    }
    expect(String(errors)).toContain("hunter2");
    expect(running.io.sockets.sockets.size).toBe(0);
  });

  test("has so many connections and no more", async () => {
    const running = await guarded();
    for (const _ of [1, 2]) await connected(running, as("ada"));
    // Later there may be a place: the client is cut off, and comes back by itself.
    const client = connected(running, as("ada", { transports: ["websocket"], reconnection: true }));
    client.catch(() => {});
    await connected(running, as("bob"));
    const ada = running.io.principals("ada");
    expect(ada.sockets.size).toBe(2);
    const [one] = ada.sockets;
    one?.disconnect(true);
    expect((await client).connected).toBe(true);
    expect(ada.sockets.size).toBe(2);
  });
});

test("a credential has a greatest length, which is the server's to say", async () => {
  const store = { get: async (): Promise<null> => null };
  const running = await start({ authenticate: apiKeys(store), limits: { credential: 100 } });
  for (const [length, message] of [
    [101, "takes at most 100 characters"],
    [100, "There is no such API key"],
  ] as const) {
    const auth = { apiKey: "x".repeat(length) };
    await expect(connected(running, { auth })).rejects.toThrow(message);
  }
});

describe("the places of a principal", () => {
  test("are not overrun by those that come at once", async () => {
    const running = await guarded();
    running.io.use((_, next) => setImmediate(next));
    const refused = new Promise<void>((resolve) => {
      let closed = 0;
      running.io.engine.on("connection", (conn: Socket["conn"]) => {
        conn.on("close", () => {
          closed += 1;
          if (closed === 8) resolve();
        });
      });
    });
    const welcomed = new Promise<void>((resolve) => {
      running.io.on("connection", () => {
        if (running.io.sockets.sockets.size === 2) resolve();
      });
    });
    for (let count = 0; count < 10; count += 1) {
      connected(running, as("ada", { transports: ["websocket"] })).catch(() => {});
    }
    await Promise.all([refused, welcomed]);
    expect(running.io.principals("ada").sockets.size).toBe(2);
  });

  test("are those of connections, in however many namespaces", async () => {
    const running = await guarded();
    running.io.of("/other");
    const one = await connected(running, as("ada"));
    await connected(running, as("ada"));
    const other = one.io.socket("/other", { auth: { token: "ada" } });
    await first(other, "connect");
    expect(running.io.principals("ada").sockets.size).toBe(3);
  });

  test("come back when a middleware refuses, and its token is followed no longer", async () => {
    const running = await guarded();
    let isShut = true;
    running.io.use((_, next) => next(isShut ? new Error("shut") : undefined));
    for (const _ of [1, 2, 3]) {
      await expect(connected(running, as(`ada:${soon()}`))).rejects.toThrow("shut");
    }
    isShut = false;
    expect((await connected(running, as("ada"))).connected).toBe(true);
  });
});

describe("a token that ends", () => {
  test("is refreshed in band", async () => {
    // The grace is long enough for a new one.
    const running = await guarded(60_000);
    let warned: Promise<unknown[]> = Promise.resolve([]);
    const client = await connected(running, as(`ada:${soon()}`), (unready) => {
      warned = first(unready, "openline:expiring");
    });
    const [warning] = await warned;
    expect(warning).toEqual({ expiresMs: expect.any(Number) });
    const later = Date.now() + 3_600_000;
    expect(await client.emitWithAck("openline:refresh", { token: `ada:${later}` })).toEqual({
      expiresMs: later,
    });
    const [socket] = running.io.principals("ada").sockets;
    expect(socket?.principal?.expiresMs).toBe(later);
    expect(await client.emitWithAck("openline:refresh", { token: "bob" })).toMatchObject({
      code: "OPENLINE_PRINCIPAL_CHANGED",
    });
    expect(await client.emitWithAck("openline:refresh", "nonsense")).toMatchObject({
      code: "OPENLINE_BAD_REQUEST",
    });
    expect(socket?.principal?.id).toBe("ada");
    expect(client.connected).toBe(true);
  });

  test("ends the connection after a grace, and the client resumes with a new one", async () => {
    const running = await guarded();
    running.io.on("connection", (socket) => void socket.join("room"));
    let token = `ada:${soon()}`;
    const client = await connected(running, {
      auth: (send: (auth: object) => void) => send({ token }),
      reconnection: true,
      reconnectionDelay: 1,
    });
    const { id } = client;
    token = "ada";
    const [reason] = await first(client, "disconnect");
    expect(reason).toBe("transport close");
    await first(client, "connect");
    expect([client.recovered, client.id]).toEqual([true, id]);
  });
});

describe("signing out", () => {
  test("ends all that a principal has, those that are away too", async () => {
    const running = await guarded();
    running.io.of("/other");
    const here = await connected(running, as("ada"));
    const away = await connected(running, as("ada"));
    const bob = await connected(running, as("bob"));
    const lost = first(running.io.sockets.sockets.get(away.id ?? "") as Socket, "disconnect");
    away.io.engine.close();
    await lost;
    const ended = first(here, "disconnect");
    running.io.principals("ada").disconnect();
    expect((await ended)[0]).toBe("io server disconnect");
    expect(bob.connected).toBe(true);
    expect(running.io.principals("ada").sockets.size).toBe(0);
    const back = first(away, "connect");
    away.connect();
    await back;
    expect(away.recovered).toBe(false);
  });

  test("ends what is about to be let in", async () => {
    const running = await guarded();
    const admissions: (() => void)[] = [];
    const asked = new Promise<void>((resolve) => {
      running.io.use((_, next) => {
        admissions.push(next);
        resolve();
      });
    });
    const opened = first(running.io.engine, "connection");
    connected(running, as("ada", { transports: ["websocket"], timeout: 500 })).catch(() => {});
    await asked;
    const [conn] = (await opened) as [Socket["conn"]];
    const closed = first(conn, "close");
    running.io.principals("ada").disconnect();
    await closed;
    for (const next of admissions) next();
    expect(running.io.sockets.sockets.size).toBe(0);
    expect(running.io.principals("ada").sockets.size).toBe(0);
  });

  test("a session is given back only to whom it belongs", async () => {
    const running = await guarded();
    const client = await connected(running, as("ada"));
    const lost = first(running.io.sockets.sockets.get(client.id ?? "") as Socket, "disconnect");
    client.io.engine.close();
    await lost;
    client.auth = { token: "bob" };
    const gap = first(client, "openline:gap");
    const back = first(client, "connect");
    client.connect();
    await back;
    expect(client.recovered).toBe(false);
    expect(await gap).toEqual([{ reason: "principal" }]);
    expect(running.io.principals("bob").sockets.size).toBe(1);
    expect(running.io.principals("ada").sockets.size).toBe(0);
  });
});
