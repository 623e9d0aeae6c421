import { describe, expect, test } from "vitest";
import { connected, first, type Running, start } from "../server.fixture.ts";
import type { LimitOptions } from "./limit-options.ts";

/** A server that counts what reaches its handlers. */
async function counting(limits: LimitOptions): Promise<{ running: Running; got: string[] }> {
  const running = await start({
    limits,
    authenticate: ({ auth }) => ({ id: String(auth.id ?? "anybody") }),
  });
  const got: string[] = [];
  running.io.on("connection", (socket) => {
    socket.onAny((event: string) => got.push(event));
    socket.on("ask", (answer: (text: string) => void) => answer("yes"));
  });
  return { running, got };
}

const slow = { perSecond: 0.001, burst: 4 };

describe("what a client may send", () => {
  test("is bounded, and what is too much is answered with when it is not any more", async () => {
    // Its CONNECT is the first of the four.
    const { running, got } = await counting({ messagesPerSocket: slow });
    const client = await connected(running, { transports: ["websocket"] });
    for (let index = 0; index < 3; index += 1) {
      expect(await client.emitWithAck("ask")).toBe("yes");
    }
    expect(await client.emitWithAck("ask")).toEqual({
      code: "OPENLINE_TOO_MANY_MESSAGES",
      message: expect.any(String),
      retryAfterMs: expect.any(Number),
    });
    const told = first(client, "openline:refused");
    client.emit("said", "more");
    expect(await told).toMatchObject([{ code: "OPENLINE_TOO_MANY_MESSAGES", event: "said" }]);
    expect(got).toEqual(["ask", "ask", "ask"]);
    // Another client has an allowance of its own.
    const other = await connected(running, { auth: { id: "other" } });
    expect(await other.emitWithAck("ask")).toBe("yes");
  });

  test("is bounded in bytes, those beside a packet included", async () => {
    const { running, got } = await counting({
      bytesPerSocket: { perSecond: 0.001, burst: 10_000 },
    });
    const client = await connected(running, { transports: ["websocket"] });
    const bytes = Buffer.alloc(6_000);
    const told = first(client, "openline:refused");
    client.emit("first", bytes);
    client.emit("second", bytes);
    expect(await told).toMatchObject([{ code: "OPENLINE_TOO_MANY_BYTES", event: "second" }]);
    expect(got).toEqual(["first"]);
  });

  test("is bounded for single events, and for all sockets of a principal together", async () => {
    const { running } = await counting({
      events: { ask: { messages: { perSecond: 0.001, burst: 2 } } },
      messagesPerPrincipal: { perSecond: 0.001, burst: 5 },
    });
    const one = await connected(running, { auth: { id: "ada" } });
    const two = await connected(running, { auth: { id: "ada" } });
    const refused = { code: "OPENLINE_TOO_MANY_MESSAGES" };
    for (const client of [one, two]) {
      expect(await client.emitWithAck("ask")).toBe("yes");
      expect(await client.emitWithAck("ask")).toBe("yes");
      expect(await client.emitWithAck("ask")).toMatchObject(refused);
    }
    one.emit("other");
    const told = first(two, "openline:refused");
    two.emit("other");
    expect(await told).toMatchObject([{ ...refused, event: "other" }]);
  });

  test("ends the connection of who does not listen, and of nobody else", async () => {
    const { running, got } = await counting({ messagesPerSocket: slow });
    const good = await connected(running, { auth: { id: "good" } });
    const bad = await connected(running, { transports: ["websocket"] });
    const lost = first(bad, "disconnect");
    for (let index = 0; index < 1_000; index += 1) bad.emit("flood", index);
    // It may come back, and then has an allowance anew; how often is the handshakes' limit.
    expect((await lost)[0]).toBe("transport close");
    expect(got.filter((event) => event === "flood").length).toBe(3);
    expect(await good.emitWithAck("ask")).toBe("yes");
  });

  test("is not bounded where nobody wants that", async () => {
    const { running, got } = await counting({ messagesPerSocket: false, bytesPerSocket: false });
    const client = await connected(running, { transports: ["websocket"] });
    for (let index = 0; index < 1_500; index += 1) client.emit("much", index);
    expect(await client.emitWithAck("ask")).toBe("yes");
    expect(got.length).toBe(1_501);
  });
});
