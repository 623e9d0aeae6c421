import { io as connect } from "socket.io-client";
import { afterEach, describe, expect, test } from "vitest";
import type { Durability, Log, LogStore, SessionStore } from "../log/log.ts";
import { LogError } from "../log/log-error.ts";
import { memoryLog } from "../log/memory-log.ts";
import { connected, first, start } from "../server.fixture.ts";
import type { ServerOptions } from "../server-options.ts";
import type { Socket } from "../socket.ts";

/** A store whose sessions are stored when the test says so. */
class SlowStore implements LogStore {
  readonly durability: Durability = "disk";
  readonly isPersistent = true;
  onFailure: ((error: Error) => void) | null = null;
  /** Why no session can be read. */
  readError: Error | null = null;
  readonly puts: { resolve(): void; reject(error: Error): void }[] = [];
  private deletions: Promise<void> = Promise.resolve();
  private readonly inner = memoryLog();
  private isReleased = false;

  async open(namespace: string): Promise<Log> {
    const log = await this.inner.open(namespace);
    const sessions: SessionStore = {
      put: (...args) =>
        new Promise((resolve, reject) => {
          const put = (): void => void log.sessions.put(...args).then(resolve, reject);
          if (this.isReleased) put();
          else this.puts.push({ resolve: put, reject });
        }),
      get: (...args) =>
        this.readError === null ? log.sessions.get(...args) : Promise.reject(this.readError),
      delete: async (...args) => {
        await this.deletions;
        return log.sessions.delete(...args);
      },
      sweep: (...args) => log.sessions.sweep(...args),
    };
    return new Proxy(log, {
      get: (target, name) => (name === "sessions" ? sessions : Reflect.get(target, name, target)),
    });
  }

  close(): Promise<void> {
    return this.inner.close();
  }

  /** Stores all that waits, and from now on at once. */
  release(): void {
    this.isReleased = true;
    for (const { resolve } of this.puts.splice(0)) resolve();
  }

  /** Deletes no session until it is let go on. */
  holdDeletions(): { release(): void } {
    let release = (): void => {};
    this.deletions = new Promise((resolve) => {
      release = resolve;
    });
    return { release: () => release() };
  }

  /** The next write of a session that begins. */
  async next(): Promise<{ resolve(): void; reject(error: Error): void }> {
    await expect.poll(() => this.puts.length).toBeGreaterThan(0);
    return this.puts.shift() as (typeof this.puts)[number];
  }
}

const stores: SlowStore[] = [];

afterEach(() => {
  for (const store of stores.splice(0)) store.release();
});

async function persistent(): Promise<{
  store: SlowStore;
  running: Awaited<ReturnType<typeof start>>;
  /** What was reported, and of what. */
  errors: [error: unknown, event: string][];
}> {
  const store = new SlowStore();
  stores.push(store);
  const errors: [unknown, string][] = [];
  const onError: ServerOptions["onError"] = (error, { event }) => void errors.push([error, event]);
  const running = await start({ log: store, onError });
  running.io.rooms("chat", { delivery: "durable" });
  return { store, running, errors };
}

describe("with sessions that are stored", () => {
  test("a client is told that it is in when its session is", async () => {
    const { store, running } = await persistent();
    const order: string[] = [];
    running.io.on("connection", (socket) => socket.emit("hello"));
    const connecting = connected(running).then((client) => {
      order.push("connected");
      return client;
    });
    const put = await store.next();
    order.push("stored");
    put.resolve();
    const client = await connecting;
    expect(order).toEqual(["stored", "connected"]);
    expect(client.connected).toBe(true);
  });

  test("nothing is sent after a join until that is stored", async () => {
    const { store, running } = await persistent();
    const { io } = running;
    const seen: string[] = [];
    io.on("connection", (socket) => {
      socket.on("enter", (answer: () => void) => {
        seen.push("asked");
        void socket.join("chat");
        answer();
      });
    });
    const connecting = connected(running);
    (await store.next()).resolve();
    const client = await connecting;
    client.on("message", (value: string) => seen.push(value));
    client.emit("enter", () => seen.push("answered"));
    const put = await store.next();
    await io.room("chat").publish("message", "live");
    // A round trip: by then it would have come.
    await fetch(`${running.url}/socket.io/?EIO=4&transport=polling`);
    expect(seen).toEqual(["asked"]);
    put.resolve();
    await expect.poll(() => seen).toEqual(["asked", "answered", "live"]);
  });

  test("a client whose session cannot be stored is cut off, so that it comes back", async () => {
    const { store, running } = await persistent();
    running.io.on("connection", (socket) => void socket.join("chat"));
    const connecting = connected(running, { transports: ["websocket"] });
    (await store.next()).resolve();
    const client = await connecting;
    const lost = first(client, "disconnect");
    (await store.next()).reject(new LogError("OPENLINE_LOG_FAILED", "The disk is broken"));
    // Not "io server disconnect", after which it would stay away.
    expect((await lost)[0]).toMatch(/^transport (close|error)$/);
  });

  test("who waits for a join hears that it could not be stored", async () => {
    const { store, running, errors } = await persistent();
    const settled: unknown[] = [];
    running.io.on("connection", (socket) => {
      // This one does not wait, and is in nobody's way.
      void socket.join("others");
      Promise.resolve(socket.join("chat")).then(
        () => settled.push("joined"),
        (error: unknown) => settled.push(error),
      );
    });
    const connecting = connected(running, { transports: ["websocket"] });
    (await store.next()).resolve();
    const client = await connecting;
    const lost = first(client, "disconnect");
    const broken = new LogError("OPENLINE_LOG_FAILED", "The disk is broken");
    (await store.next()).reject(broken);
    await lost;
    await expect.poll(() => settled).toEqual([broken]);
    expect(errors).toContainEqual([broken, "session"]);
  });

  test("a request to join is not answered when it could not be stored", async () => {
    const { store, running } = await persistent();
    running.io.rooms("open", { delivery: "durable", authorize: () => true });
    const connecting = connected(running, { transports: ["websocket"] });
    (await store.next()).resolve();
    const client = await connecting;
    const lost = first(client, "disconnect");
    const answers: unknown[] = [];
    client.emit("openline:join", { room: "open" }, (answer: unknown) => answers.push(answer));
    (await store.next()).reject(new LogError("OPENLINE_LOG_FAILED", "The disk is broken"));
    await lost;
    store.release();
    await expect.poll(() => running.io.sockets.adapter.rooms.has("open")).toBe(false);
    const back = first(client, "connect");
    client.connect();
    await back;
    expect(client.recovered).toBe(true);
    expect(answers).toEqual([]);
    // Nobody has told it that it is in, and so it is not.
    expect(running.io.sockets.adapter.rooms.has("open")).toBe(false);
  });

  test("a client that comes back is told so when what its line broke in is stored", async () => {
    const { store, running } = await persistent();
    const sockets: Socket[] = [];
    running.io.on("connection", (socket) => void sockets.push(socket));
    const connecting = connected(running, { transports: ["websocket"] });
    (await store.next()).resolve();
    const client = await connecting;
    const joined = sockets[0]?.join("chat");
    const put = await store.next();
    const lost = first(client, "disconnect");
    client.io.engine.close();
    await lost;
    let isBack = false;
    client.once("connect", () => {
      isBack = true;
    });
    client.connect();
    await expect.poll(() => sockets.length).toBe(2);
    expect(sockets[1]?.recovered).toBe(true);
    // A round trip: by then it would have been told.
    await fetch(`${running.url}/socket.io/?EIO=4&transport=polling`);
    expect(isBack).toBe(false);
    put.resolve();
    store.release();
    await joined;
    await expect.poll(() => isBack).toBe(true);
  });

  test("a client that is sent away hears of it, whatever is being stored", async () => {
    const { store, running } = await persistent();
    running.io.on("connection", (socket) => {
      void socket.join("chat");
      socket.emit("goodbye");
      socket.disconnect();
    });
    const client = connect(running.url, { forceNew: true, reconnection: false });
    const order: string[] = [];
    client.on("connect", () => order.push("connect"));
    client.on("goodbye", () => order.push("goodbye"));
    client.on("disconnect", (reason) => order.push(reason));
    await expect.poll(() => order).toEqual(["connect", "goodbye", "io server disconnect"]);
    store.release();
    client.disconnect();
  });

  test("a client that has left is a new one, even before that is stored", async () => {
    const { store, running } = await persistent();
    store.release();
    const deletions = store.holdDeletions();
    const client = await connected(running, { transports: ["websocket"] });
    const { id } = client;
    client.disconnect().connect();
    await first(client, "connect");
    expect(client.recovered).toBe(false);
    expect(client.id).not.toBe(id);
    deletions.release();
  });

  test("a client whose session cannot be read is cut off, so that it comes back", async () => {
    const { store, running, errors } = await persistent();
    store.release();
    store.readError = new LogError("OPENLINE_LOG_FAILED", "The disk is broken");
    const client = connect(running.url, {
      ...{ forceNew: true, reconnection: false, transports: ["websocket"] },
      auth: { pid: "of-an-earlier-process" },
    });
    const closed = first(client.io, "close");
    let isRefused = false;
    client.on("connect_error", () => {
      isRefused = true;
    });
    // Not a CONNECT_ERROR, after which it would stay away.
    expect((await closed)[0]).toMatch(/^transport (close|error)$/);
    expect(isRefused).toBe(false);
    expect(errors).toEqual([[store.readError, "session"]]);
    store.readError = null;
    client.connect();
    await first(client, "connect");
    client.disconnect();
  });

  test("a log that fails lets clients go, and refuses new ones", async () => {
    const { store, running } = await persistent();
    const connecting = connected(running, { transports: ["websocket"] });
    (await store.next()).resolve();
    const client = await connecting;
    const lost = first(client, "disconnect");
    store.onFailure?.(new LogError("OPENLINE_LOG_FAILED", "The disk is broken"));
    expect((await lost)[0]).toMatch(/^transport (close|error)$/);
    const response = await fetch(`${running.url}/socket.io/?EIO=4&transport=polling`);
    expect(response.status).toBe(503);
  });
});
