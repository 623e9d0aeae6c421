import { describe, expect, test } from "vitest";
import {
  connect,
  deferred,
  listen,
  listenHttp,
  next,
  nextClose,
  openPair,
  record,
  track,
} from "./fixture.ts";
import { type Socket, targets } from "./targets.ts";

describe.each(targets)("server.close() of $name", (target) => {
  const { WebSocketServer } = target;

  test("emits 'close' and calls back, without an error", async () => {
    const { server } = await listen(target);
    const called = deferred<unknown>();
    const closed = next(server, "close");
    server.close(called.resolve);
    expect(await called.promise).toBeUndefined();
    expect(await closed).toEqual([]);
  });

  test("a second call before 'close' calls back, too", async () => {
    const { server } = await listen(target);
    const order: string[] = [];
    const last = deferred<void>();
    server.close(() => order.push("first"));
    server.close(() => {
      order.push("second");
      last.resolve();
    });
    await last.promise;
    expect(order).toEqual(["first", "second"]);
  });

  test("a call after 'close' gets an error, and emits 'close' again", async () => {
    const { server } = await listen(target);
    await new Promise<void>((resolve) => server.close(() => resolve()));
    const again = next(server, "close");
    const error = await new Promise<Error | undefined>((resolve) => server.close(resolve));
    expect(error?.message).toBe("The server is not running");
    await again;
  });

  test("never calls back within the call", async () => {
    const server = new WebSocketServer({ noServer: true });
    const called = deferred<void>();
    let isInside = true;
    server.close(() => {
      expect(isInside).toBe(false);
      called.resolve();
    });
    isInside = false;
    await called.promise;
  });

  test("leaves connected clients open, and waits for them", async () => {
    const { server, socket, client } = await openPair(target);
    const log = record(server, ["close"], [], "server ");
    record(socket, ["close"], log, "socket ");
    const closed = next(server, "close");
    const socketClosed = next(socket, "close");
    server.close();
    const received = next<[Buffer]>(client, "message");
    socket.send("still here");
    expect(String((await received)[0])).toBe("still here");
    expect(log).toEqual([]);
    client.close();
    // Which of the two is told first depends on the HTTP server.
    await Promise.all([closed, socketClosed]);
    expect(log.toSorted()).toEqual(["server close", "socket close"]);
  });

  test("refuses new connections at once", async () => {
    const { server, url } = await listen(target);
    server.close();
    const client = connect(target, url);
    const [error] = await next<[Error & { code?: string }]>(client, "error");
    expect(error.code).toBe("ECONNREFUSED");
  });

  test("leaves an external server running, without its listeners", async () => {
    const { http, port } = await listenHttp((_request, response) => response.end("page"));
    const before = ["listening", "error", "upgrade"].map((name) => http.listenerCount(name));
    const server = new WebSocketServer({ server: http });
    expect(http.listenerCount("upgrade")).toBe(1);
    const closed = next(server, "close");
    server.close();
    await closed;
    expect(http.listening).toBe(true);
    expect(["listening", "error", "upgrade"].map((name) => http.listenerCount(name))).toEqual(
      before,
    );
    expect(await (await fetch(`http://127.0.0.1:${port}/`)).text()).toBe("page");
  });

  test("with an external server waits for its own clients", async () => {
    const { http, url } = await listenHttp();
    const server = track(new WebSocketServer({ server: http }));
    const connected = next<[Socket]>(server, "connection");
    const client = connect(target, url);
    await next(client, "open");
    const [socket] = await connected;
    const order = record(server, ["close"], [], "server ");
    record(socket, ["close"], order, "socket ");
    const closed = next(server, "close");
    server.close();
    client.close();
    await closed;
    expect(order).toEqual(["socket close", "server close"]);
  });

  test("with an external server and without clientTracking does not wait", async () => {
    const { http, url } = await listenHttp();
    const server = new WebSocketServer({ server: http, clientTracking: false });
    const connected = next<[Socket]>(server, "connection");
    const client = connect(target, url);
    await next(client, "open");
    const closed = next(server, "close");
    server.close();
    await closed;
    expect(client.readyState).toBe(target.WebSocket.OPEN);
    (await connected)[0].terminate();
    await nextClose(client);
  });

  test("with noServer waits for clients, or not when there are none", async () => {
    const server = new WebSocketServer({ noServer: true });
    const closed = next(server, "close");
    server.close();
    await closed;
  });

  test("before it listens still emits 'close'", async () => {
    const server = new WebSocketServer({ port: 0, host: "127.0.0.1" });
    server.on("error", () => {});
    const closed = next(server, "close");
    server.close();
    await closed;
  });
});
