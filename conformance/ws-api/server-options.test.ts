import { createServer } from "node:http";
import { type AddressInfo, createServer as createNetServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import {
  connect,
  deferred,
  listen,
  listenHttp,
  next,
  nextError,
  onTestEnd,
  openPair,
  track,
} from "./fixture.ts";
import { requestUpgrade } from "./raw-peer.ts";
import { type ServerOptions, type Socket, targets } from "./targets.ts";

describe.each(targets)("server options of $name", (target) => {
  const { WebSocketServer } = target;

  describe("port, server and noServer", () => {
    test.each<[string, () => ServerOptions | undefined]>([
      ["nothing", () => undefined],
      ["no option", () => ({})],
      ["port and server", () => ({ port: 0, server: createServer() })],
      ["port and noServer", () => ({ port: 0, noServer: true })],
      ["server and noServer", () => ({ server: createServer(), noServer: true })],
      ["all three", () => ({ port: 0, server: createServer(), noServer: true })],
    ])("%s is a TypeError", (_, options) => {
      expect(() => new WebSocketServer(options())).toThrow(TypeError);
      expect(() => new WebSocketServer(options())).toThrow(
        'One and only one of the "port", "server", or "noServer" options must be specified',
      );
    });

    test("works without new's options being mutated", async () => {
      const options = Object.freeze({ port: 0, host: "127.0.0.1" });
      const { server } = await listen(target, options);
      expect(server.options.port).toBe(0);
    });

    test("undefined counts as absent", async () => {
      const server = track(
        new WebSocketServer({ port: undefined, server: undefined, noServer: true }),
      );
      expect(server.options.noServer).toBe(true);
    });

    test("port 0 takes a free port and calls back", async () => {
      const called = deferred<void>();
      const server = track(new WebSocketServer({ port: 0 }, called.resolve));
      await called.promise;
      expect((server.address() as AddressInfo).port).toBeGreaterThan(0);
    });

    test("the callback of another server's option is not called", async () => {
      const { http } = await listenHttp();
      const server = track(
        new WebSocketServer({ server: http }, () =>
          expect.unreachable("the server listens already"),
        ),
      );
      expect(server.address()).toEqual(http.address());
    });

    test("host binds the port", async () => {
      const { server } = await listen(target, { host: "127.0.0.1" });
      expect(server.address()).toMatchObject({ address: "127.0.0.1", family: "IPv4" });
    });

    test("a port in use is an 'error' event", async () => {
      const taken = createNetServer();
      onTestEnd(() => taken.close());
      await new Promise<void>((resolve) => taken.listen(0, "127.0.0.1", resolve));
      const { port } = taken.address() as AddressInfo;
      const server = new WebSocketServer({ port, host: "127.0.0.1" });
      const error = await nextError(server);
      expect(error.code).toBe("EADDRINUSE");
    });

    test("backlog is accepted", async () => {
      const { url } = await listen(target, { backlog: 5 });
      await next(connect(target, url), "open");
    });

    test("an external server shares its port, and keeps its own answers", async () => {
      const { http, url, port } = await listenHttp((_request, response) => response.end("page"));
      const server = track(new WebSocketServer({ server: http }));
      const connected = next(server, "connection");
      await next(connect(target, url), "open");
      await connected;
      expect(await (await fetch(`http://127.0.0.1:${port}/`)).text()).toBe("page");
    });

    test("an external server's 'listening' and 'error' are passed on", async () => {
      const http = createServer();
      onTestEnd(() => http.close());
      const server = track(new WebSocketServer({ server: http }));
      const listening = next(server, "listening");
      http.listen(0, "127.0.0.1");
      await listening;
      const cause = new Error("of the http server");
      const failed = nextError(server);
      http.emit("error", cause);
      expect(await failed).toBe(cause);
    });

    test("listens on a unix socket of an external server", async () => {
      const path = join(tmpdir(), `ws-api-${process.pid}-${target.name}.sock`);
      const http = createServer();
      onTestEnd(() => http.close());
      const server = track(new WebSocketServer({ server: http }));
      await new Promise<void>((resolve) => http.listen(path, resolve));
      expect(server.address()).toBe(path);
      const connected = next<[Socket, { url: string }]>(server, "connection");
      await next(connect(target, `ws+unix://${path}:/chat?room=1`), "open");
      expect((await connected)[1].url).toBe("/chat?room=1");
    });

    test("a server of its own answers plain requests with 426", async () => {
      const { port } = await listen(target);
      const response = await fetch(`http://127.0.0.1:${port}/`);
      expect(response.status).toBe(426);
      expect(await response.text()).toBe("Upgrade Required");
    });
  });

  describe("address()", () => {
    test("throws with noServer", () => {
      const server = new WebSocketServer({ noServer: true });
      expect(() => server.address()).toThrow('The server is operating in "noServer" mode');
    });

    test("is null once closed", async () => {
      const { server } = await listen(target);
      const closed = next(server, "close");
      server.close();
      expect(server.address()).toBe(null);
      await closed;
    });
  });

  describe("path", () => {
    test.each(["/chat", "/chat?room=1"])("lets %s through", async (path) => {
      const { url } = await listen(target, { path: "/chat" });
      await next(connect(target, `${url}${path}`), "open");
    });

    test.each(["/", "/chat/", "/chatter", "/Chat", "/?/chat"])(
      "refuses %s with 400",
      async (path) => {
        const { port } = await listen(target, { path: "/chat" });
        const { response } = await requestUpgrade(port, { path });
        expect(response.status).toBe(400);
      },
    );

    test("the client hears of the refusal as an error", async () => {
      const { url } = await listen(target, { path: "/chat" });
      const error = await nextError(connect(target, `${url}/other`));
      expect(error.message).toBe("Unexpected server response: 400");
    });
  });

  describe("clientTracking", () => {
    test("clients holds the open connections, and lets closed ones go", async () => {
      const { server, socket, client } = await openPair(target);
      expect(server.clients).toBeInstanceOf(Set);
      expect([...server.clients]).toEqual([socket]);
      const closed = next(socket, "close");
      client.close();
      await closed;
      expect(server.clients.size).toBe(0);
    });

    test("a connection is in clients before 'connection' is emitted", async () => {
      const { server, url } = await listen(target);
      const sizes = deferred<number>();
      server.on("connection", () => sizes.resolve(server.clients.size));
      connect(target, url);
      expect(await sizes.promise).toBe(1);
    });

    test("false leaves clients undefined, and connections work", async () => {
      const { server, socket, client } = await openPair(target, { clientTracking: false });
      onTestEnd(() => socket.terminate());
      expect(server.clients).toBeUndefined();
      const received = next<[Buffer]>(socket, "message");
      client.send("hello");
      expect(String((await received)[0])).toBe("hello");
    });
  });

  describe("WebSocket", () => {
    test("makes connections of a class of one's own", async () => {
      class Visitor extends target.WebSocket {
        greet(): void {
          this.send("welcome");
        }
      }
      const { server, url } = await listen(target, { WebSocket: Visitor });
      server.on("connection", (socket: Socket) => (socket as Visitor).greet());
      const client = connect(target, url);
      expect(String((await next<[Buffer]>(client, "message"))[0])).toBe("welcome");
      expect([...server.clients][0]).toBeInstanceOf(Visitor);
    });

    test("is the library's own class by default", async () => {
      const { socket } = await openPair(target);
      expect(socket).toBeInstanceOf(target.WebSocket);
    });
  });

  test("emits through emit(), so that a class that overrides it sees every event", async () => {
    const http = createServer();
    onTestEnd(() => http.close());
    const seen: unknown[] = [];
    class Watched extends WebSocketServer {
      override emit(event: string | symbol, ...args: unknown[]): boolean {
        seen.push(event);
        return super.emit(event, ...args);
      }
    }
    const server = track(new Watched({ server: http }));
    const listening = next(server, "listening");
    http.listen(0, "127.0.0.1");
    await listening;
    const { port } = http.address() as AddressInfo;
    const client = connect(target, `ws://127.0.0.1:${port}`);
    await next(client, "open");
    const closed = next(server, "close");
    client.close();
    server.close();
    await closed;
    expect(seen).toEqual(["listening", "headers", "connection", "close"]);
  });

  test("is an event emitter with options", () => {
    const server = track(new WebSocketServer({ noServer: true, path: "/a" }));
    expect(typeof server.on).toBe("function");
    expect(server.options.path).toBe("/a");
  });
});
