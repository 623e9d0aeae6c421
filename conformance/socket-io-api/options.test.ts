import type { IncomingMessage } from "node:http";
import { describe, expect, test } from "vitest";
import { WebSocket } from "ws";
import {
  client,
  each,
  implementations,
  join,
  next,
  onTestEnd,
  start,
  transports,
} from "./fixture.ts";

describe.each(each(transports.slice(0, 2)))("options of $name by $way", (setup) => {
  test("maxHttpBufferSize lets messages up to it in, and ends the session past it", async () => {
    const running = await start(setup, { maxHttpBufferSize: 2_000 });
    const { socket, client: made } = await join(running, setup.client);
    const fits = next(socket, "fits");
    // With what is around it: `42["fits","…"]`.
    made.emit("fits", "x".repeat(2_000 - 13));
    expect((await fits)[0]).toHaveLength(2_000 - 13);
    const reason = next(made, "disconnect");
    socket.on("too-long", () => expect.unreachable());
    made.emit("too-long", "x".repeat(2_000));
    expect((await reason)[0]).toBe(setup.way === "polling" ? "transport error" : "transport close");
  });

  test("maxHttpBufferSize is told to the client, which splits its polling bodies by it", async () => {
    const running = await start(setup, { maxHttpBufferSize: 2_000 });
    const { socket, client: made } = await join(running, setup.client);
    let come = 0;
    socket.on("part", () => {
      come += 1;
    });
    for (let part = 0; part < 20; part += 1) made.emit("part", "x".repeat(500));
    const end = next(socket, "end");
    made.emit("end");
    await end;
    expect(come).toBe(20);
  });

  test("pingInterval and pingTimeout are told to the client", async () => {
    const running = await start(setup, { pingInterval: 1_234, pingTimeout: 5_678 });
    const made = client(running.url, setup.client);
    const [handshake] = await next(made.io.engine, "handshake");
    expect(handshake).toMatchObject({ pingInterval: 1_234, pingTimeout: 5_678 });
  });

  test("initialPacket comes first", async () => {
    const running = await start(setup, { initialPacket: '2["hello"]' });
    const made = client(running.url, setup.client);
    const log: string[] = [];
    made.io.on("open", () => {
      made.io.engine.on("packet", ({ data }) => log.push(String(data)));
    });
    await next(made, "connect");
    expect(log[0]).toBe('2["hello"]');
    expect(log[1]).toMatch(/^0\{"sid":/);
  });

  test("transports leaves out those that are not named", async () => {
    const [other] = setup.way === "polling" ? (["websocket"] as const) : (["polling"] as const);
    const { url } = await start(setup, { transports: [other] });
    const [error] = await next<[Error]>(client(url, setup.client), "connect_error");
    expect(error.message).toMatch(/error/);
    const made = client(url, { transports: [other] });
    await next(made, "connect");
    expect(made.io.engine.transport.name).toBe(other);
  });
});

/** The answer to a WebSocket's handshake. */
async function upgraded(url: string): Promise<IncomingMessage> {
  const webSocket = new WebSocket(
    `${url.replace("http", "ws")}/socket.io/?EIO=4&transport=websocket`,
  );
  webSocket.on("error", () => undefined); // told by the answer
  onTestEnd(() => webSocket.terminate());
  return Promise.race([
    next<[IncomingMessage]>(webSocket, "upgrade").then(([response]) => response),
    next<[unknown, IncomingMessage]>(webSocket, "unexpected-response").then(([, answer]) => answer),
  ]);
}

describe.each(implementations)("options of $name", (implementation) => {
  const polling = (url: string): string => `${url}/socket.io/?EIO=4&transport=polling`;

  test("a cookie is `io` in short, for the whole site and out of reach of scripts", async () => {
    const { url } = await start(implementation, { cookie: true });
    const answer = await fetch(polling(url));
    expect(answer.headers.get("set-cookie")).toMatch(/^io=[^;]+; Path=\/; HttpOnly; SameSite=Lax$/);
  });

  test("a cookie has the fields that are given, by polling", async () => {
    const { io, url } = await start(implementation, {
      cookie: { name: "at", httpOnly: true, sameSite: "strict", maxAge: 60, path: "/here" },
    });
    const opened = next<[{ id: string }]>(io.engine, "connection");
    const answer = await fetch(polling(url));
    const [{ id }] = await opened;
    expect(answer.headers.get("set-cookie")).toBe(
      `at=${id}; Max-Age=60; Path=/here; HttpOnly; SameSite=Strict`,
    );
    // It is for load balancers, and a WebSocket stays where it is.
    expect((await upgraded(url)).headers["set-cookie"]).toBeUndefined();
  });
});
