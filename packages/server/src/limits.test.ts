import { once } from "node:events";
import { request } from "node:http";
import { WebSocket } from "@openline/websocket";
import { describe, expect, test } from "vitest";
import { connected, first, type Running, start } from "./server.fixture.ts";
import type { Socket } from "./socket.ts";

/** A raw session in the main namespace, and the code and reason that it is closed with. */
async function raw({
  url,
}: Running): Promise<{ socket: WebSocket; closed: Promise<[number, string]> }> {
  const socket = new WebSocket(`${url.replace("http", "ws")}/socket.io/?EIO=4&transport=websocket`);
  const closed = new Promise<[number, string]>((resolve) => {
    socket.on("close", (code, reason) => resolve([code, reason.toString()]));
  });
  socket.on("error", () => {});
  await once(socket, "open");
  socket.send("40");
  await new Promise<void>((resolve) => {
    socket.on("message", (data) => {
      if (String(data).startsWith("40")) resolve();
    });
  });
  return { socket, closed };
}

/** Posts a byte and nothing more; the status of the answer. */
async function postSlowly({ url }: Running): Promise<number> {
  const query = "/socket.io/?EIO=4&transport=polling";
  const opened = await (await fetch(url + query)).text();
  const { sid } = JSON.parse(opened.slice(1)) as { sid: string };
  const headers = { "Content-Length": 10 };
  const post = request(`${url}${query}&sid=${sid}`, { method: "POST", headers });
  post.on("error", () => {});
  post.write("4");
  const [response] = (await once(post, "response")) as [{ statusCode: number; resume(): void }];
  response.resume();
  return response.statusCode;
}

describe("the option `limits`", () => {
  test("bounds a message", async () => {
    const running = await start({ limits: { payload: 100 } });
    const { socket, closed } = await raw(running);
    socket.send(`42["x","${"x".repeat(100)}"]`);
    expect((await closed)[0]).toBe(1009);
    expect(running.io.engine.opts.maxHttpBufferSize).toBe(100);
  });

  test("bounds the time of a message and of a polling body", async () => {
    const running = await start({ limits: { message: 30 } });
    const { socket, closed } = await raw(running);
    socket.send("42", { fin: false });
    expect((await closed)[0]).toBe(1008);
    expect(await postSlowly(running)).toBe(408);
  });

  test.each([
    ["attachments", { attachments: 1 }, '452-["x",{"_placeholder":true,"num":0}]'],
    ["depth", { depth: 3 }, '451-["x",[[[[{"_placeholder":true,"num":0}]]]]]'],
  ])("bounds a packet's %s", async (_, limits, packet) => {
    const { socket, closed } = await raw(await start({ limits }));
    socket.send(packet);
    socket.send(Buffer.of(1));
    await closed;
  });

  test("bounds what waits for a client", async () => {
    const running = await start({ limits: { outbox: 1_000 } });
    expect(running.io.engine.pressureLimits.maxBytes).toBe(1_000);
  });

  test("bounds the time until a connection says whose it is", async () => {
    const running = await start({ limits: { authentication: 30 }, authenticate: () => null });
    const url = `${running.url.replace("http", "ws")}/socket.io/?EIO=4&transport=websocket`;
    const [code, reason] = (await once(new WebSocket(url), "close")) as [number, Buffer];
    expect([code, reason.toString()]).toEqual([1008, "OPENLINE_AUTHENTICATION_TIMEOUT"]);
  });

  test("bounds the namespaces of a connection", async () => {
    const running = await start({ limits: { namespacesPerConnection: 2 } });
    running.io.of(/^\/n\d$/);
    const { socket, closed } = await raw(running);
    socket.send("40/n1,");
    socket.send("40/n2,");
    expect(await closed).toEqual([1008, "OPENLINE_TOO_MANY_NAMESPACES"]);
  });

  test("bounds the answers that a client owes", async () => {
    const running = await start({ limits: { acknowledgements: 5 } });
    const joined = first(running.io, "connection");
    const { closed } = await raw(running);
    const [socket] = (await joined) as [Socket];
    for (let count = 0; count < 5; count += 1) socket.emit("question", () => {});
    expect(socket.acks.size).toBe(5);
    expect(socket.connected).toBe(true);
    socket.emit("question", () => {});
    expect(await closed).toEqual([1008, "OPENLINE_TOO_MANY_ACKNOWLEDGEMENTS"]);
    expect(socket.acks.size).toBe(5);
  });

  test("bounds the listeners of one event of a socket", async () => {
    const reported: unknown[] = [];
    const running = await start({
      limits: { listeners: 3 },
      onError: (error) => reported.push(error),
    });
    running.io.on("connection", (socket) => {
      socket.on("more", () => {
        socket.once("later", () => {});
      });
    });
    const client = await connected(running);
    for (let count = 0; count < 3; count += 1) client.emit("more");
    const answer: unknown = await client.emitWithAck("more");
    expect(answer).toMatchObject({ code: "OPENLINE_HANDLER_FAILED" });
    expect(reported).toMatchObject([{ code: "OPENLINE_TOO_MANY_LISTENERS" }]);
    const [socket] = running.io.sockets.sockets.values();
    expect(socket?.listenerCount("later")).toBe(3);
  });

  test("bounds the listeners of all events of a socket", async () => {
    const running = await start({ limits: { listeners: 2 } });
    const joined = first(running.io, "connection");
    await connected(running);
    const [socket] = (await joined) as [Socket];
    for (const add of [
      () => socket.onAny(() => {}),
      () => socket.prependAny(() => {}),
      () => socket.onAnyOutgoing(() => {}),
      () => socket.prependAnyOutgoing(() => {}),
      () => socket.use(() => {}),
      () => socket.prependListener("x", () => {}),
    ]) {
      expect(() => {
        for (let count = 0; count < 3; count += 1) add();
      }).toThrow(expect.objectContaining({ code: "OPENLINE_TOO_MANY_LISTENERS" }));
    }
  });
});
