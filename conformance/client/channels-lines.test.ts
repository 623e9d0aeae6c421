import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { ConnectionState } from "@openline/client/channels";
import { memoryStore } from "@openline/client/channels";
import { Server as StockServer } from "socket.io";
import { afterEach, describe, expect, test, vi } from "vitest";
import { onTestEnd } from "../socket-io-api/fixture.ts";
import { clientOf, type Place, place } from "./channels.fixture.ts";

afterEach(() => vi.unstubAllGlobals());

const upTo = (count: number): number[] => Array.from({ length: count }, (_each, index) => index);

async function joined(channel: {
  readonly status: string;
  once(event: "joined", listener: () => void): unknown;
}): Promise<void> {
  if (channel.status === "joined") return;
  await new Promise<void>((resolve) => channel.once("joined", () => resolve()));
}

describe("the connection", () => {
  test("is a value that tells each change once", async () => {
    const server = await place();
    const client = clientOf(server);
    const { connection } = client;
    const states: ConnectionState[] = [connection.get()];
    const unsubscribe = connection.subscribe((state) => states.push(state));
    await expect.poll(() => connection.get().state).toBe("connected");
    expect(connection.get()).toBe(connection.get());
    server.open(false);
    await expect.poll(() => connection.get().attempt).toBeGreaterThan(2);
    const waiting = states.find(({ attempt }) => attempt === 2);
    expect(waiting).toMatchObject({ state: "waiting", reason: expect.any(String) });
    expect(Math.abs(waiting!.retryAtMs! - Date.now())).toBeLessThan(30_000);
    server.open(true);
    await expect.poll(() => connection.get().state).toBe("connected");
    for (const [at, state] of states.entries())
      if (at > 0) expect(state).not.toEqual(states[at - 1]);
    unsubscribe();
    const count = states.length;
    client.close();
    expect(connection.get()).toMatchObject({ state: "closed", reason: "closed" });
    expect(states).toHaveLength(count);
  });

  test("that only looks alive is found out when the page is looked at again", async () => {
    const page = new EventTarget();
    vi.stubGlobal("addEventListener", page.addEventListener.bind(page));
    vi.stubGlobal("removeEventListener", page.removeEventListener.bind(page));
    const server = await place();
    const client = clientOf(server);
    const chat = client.channel("chat:1");
    await joined(chat);
    // What is sent goes nowhere: as if the address had changed.
    const { engine } = client.socket.io;
    const sent: unknown[] = [];
    engine.send = (data: unknown) => {
      sent.push(data);
      return engine;
    };
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    try {
      page.dispatchEvent(new Event("online"));
      expect(sent[0]).toContain("openline:ping");
      vi.advanceTimersByTime(5_000);
    } finally {
      vi.useRealTimers();
    }
    expect(client.connection.get()).toMatchObject({ state: "waiting", reason: "transport close" });
  });

  test("stays away for as long as a server that closes asks for", async () => {
    const server = await place();
    const client = clientOf(server);
    await expect.poll(() => client.connection.get().state).toBe("connected");
    const beforeMs = Date.now();
    const closed = server.io.close({ graceMs: 5_000, retryAfterMs: 60_000 });
    await expect.poll(() => client.connection.get().state).toBe("waiting");
    expect(client.connection.get().retryAtMs! - beforeMs).toBeGreaterThanOrEqual(60_000);
    client.close();
    await closed;
  });

  test("to a server that is none of ours says so, and stays", async () => {
    const http = createServer();
    const io = new StockServer(http);
    http.listen(0, "127.0.0.1");
    await once(http, "listening");
    onTestEnd(() => void io.close());
    const url = `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
    const client = clientOf({ url }, { ackTimeoutMs: 100 });
    const chat = client.channel("chat:1");
    const error = await new Promise<Error>((resolve) => chat.on("error", resolve));
    expect(error.message).toContain("openline:join");
    expect([error, chat.status]).toMatchObject([{ code: "OPENLINE_NO_ANSWER" }, "refused"]);
    await expect(chat.history()).rejects.toMatchObject({ code: "OPENLINE_NO_ANSWER" });
    expect(client.connection.get().state).toBe("connected");
  });
});

test("a room that was left without a line is left once there is one", async () => {
  const server = await place();
  const client = clientOf(server);
  const [left, kept] = [client.channel("chat:1"), client.channel("chat:2")];
  await Promise.all([joined(left), joined(kept)]);
  server.open(false);
  await expect.poll(() => client.connection.get().state).not.toBe("connected");
  left.leave();
  server.open(true);
  await joined(kept);
  expect(client.socket.recovered).toBe(true);
  await server.io.room("chat:1").publish("message", 1);
  await expect.poll(async () => (await server.io.in("chat:1").fetchSockets()).length).toBe(0);
});

describe("an iterator", () => {
  test("loses nothing, however slow it is", async () => {
    const server = await place();
    const client = clientOf(server);
    const chat = client.channel("chat:1");
    await joined(chat);
    const seen: unknown[] = [];
    const iterator = chat[Symbol.asyncIterator]();
    const first = iterator.next();
    for (const index of upTo(1_500)) {
      await server.io.room("chat:1").publish("message", index);
    }
    await expect.poll(() => chat.position?.offset, { timeout: 10_000 }).toBe(1_500);
    const { value } = await first;
    seen.push(value?.data);
    // Some come while the others are read again.
    void Promise.all(
      upTo(300).map((index) => server.io.room("chat:1").publish("message", 1_500 + index)),
    );
    for await (const { data } of iterator) if (seen.push(data) === 1_800) break;
    expect(seen).toEqual(upTo(1_800));
    expect(await iterator.next()).toEqual({ done: true, value: undefined });
  });

  test("ends when the channel is left", async () => {
    const server = await place();
    const chat = clientOf(server).channel("chat:1", { from: "start" });
    await server.io.room("chat:1").publish("message", 1);
    const seen: unknown[] = [];
    for await (const message of chat) {
      seen.push(message);
      chat.leave();
    }
    expect(seen).toMatchObject([{ event: "message", data: 1, args: [1], offset: 1 }]);
  });

  test("that is slow where nothing is logged says so", async () => {
    const server = await place();
    const typing = clientOf(server).channel("typing:1");
    await joined(typing);
    const gaps: unknown[] = [];
    typing.on("gap", (gap) => gaps.push(gap));
    const iterator = typing[Symbol.asyncIterator]();
    let count = 0;
    typing.onAny(() => {
      count += 1;
    });
    for (const index of upTo(300)) server.io.to("typing:1").emit("typing", index);
    await expect.poll(() => count).toBe(300);
    expect(gaps).toEqual([{ reason: "slow", from: null, to: null }]);
    expect(await iterator.next()).toMatchObject({ value: { data: 0 } });
  });
});

describe("a page", () => {
  /** A page that can be left and gone back to. */
  function stubPage(): (name: "pagehide" | "pageshow") => void {
    const page = new EventTarget();
    vi.stubGlobal("addEventListener", page.addEventListener.bind(page));
    vi.stubGlobal("removeEventListener", page.removeEventListener.bind(page));
    return (name) => page.dispatchEvent(Object.assign(new Event(name), { persisted: true }));
  }

  async function sessionsOf({ io }: Place): Promise<number> {
    return (await io.fetchSockets()).length;
  }

  test("that is kept for going back to lets go of its line, and takes it up again", async () => {
    const tell = stubPage();
    const server = await place();
    const client = clientOf(server, { persist: memoryStore() });
    const chat = client.channel("chat:1");
    const seen: unknown[] = [];
    chat.on("message", (data) => seen.push(data));
    await joined(chat);
    tell("pagehide");
    await expect.poll(() => sessionsOf(server)).toBe(0);
    const published = chat.publish("message", "mine");
    await server.io.room("chat:1").publish("message", "meanwhile");
    expect(client.connection.get().state).toBe("waiting");
    tell("pageshow");
    expect(await published).toMatchObject({ offset: 2 });
    await expect.poll(() => seen).toEqual(["meanwhile", "mine"]);
  });
});
