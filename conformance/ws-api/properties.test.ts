import { EventEmitter } from "node:events";
import { describe, expect, test } from "vitest";
import {
  connect,
  listen,
  listenHttp,
  next,
  nextClose,
  nextError,
  openPair,
  runCommonJs,
} from "./fixture.ts";
import { targets } from "./targets.ts";

describe.each(targets)("properties of $name", (target) => {
  const { WebSocket } = target;

  test.each([
    ["CONNECTING", 0],
    ["OPEN", 1],
    ["CLOSING", 2],
    ["CLOSED", 3],
  ] as const)("%s is %d on the class and on every socket, and stays so", async (name, value) => {
    const socket = new WebSocket(null, undefined, {});
    expect(WebSocket[name]).toBe(value);
    expect(socket[name]).toBe(value);
    expect(() => {
      (WebSocket as unknown as Record<string, number>)[name] = 9;
    }).toThrow(TypeError);
    expect(() => {
      (socket as unknown as Record<string, number>)[name] = 9;
    }).toThrow(TypeError);
    expect([WebSocket[name], socket[name]]).toEqual([value, value]);
  });

  test("a socket is an event emitter", () => {
    expect(new WebSocket(null, undefined, {})).toBeInstanceOf(EventEmitter);
  });

  test("readyState goes through all four", async () => {
    const { url } = await listen(target);
    const client = connect(target, url);
    const states: number[] = [client.readyState];
    client.on("open", () => states.push(client.readyState));
    client.on("close", () => states.push(client.readyState));
    await next(client, "open");
    const closed = next(client, "close");
    client.close();
    states.push(client.readyState);
    await closed;
    expect(states).toEqual([0, 1, 2, 3]);
  });

  test.each(["readyState", "bufferedAmount", "extensions", "isPaused", "protocol", "url"] as const)(
    "%s cannot be set",
    async (name) => {
      const { client } = await openPair(target);
      const before = client[name];
      expect(() => {
        (client as unknown as Record<string, unknown>)[name] = "other";
      }).toThrow(TypeError);
      expect(client[name]).toBe(before);
    },
  );

  test.each([
    ["ws://127.0.0.1:PORT", "ws://127.0.0.1:PORT/"],
    ["ws://127.0.0.1:PORT/chat?room=1", "ws://127.0.0.1:PORT/chat?room=1"],
    ["http://127.0.0.1:PORT/a", "ws://127.0.0.1:PORT/a"],
    ["WS://127.0.0.1:PORT/%C3%A4", "ws://127.0.0.1:PORT/%C3%A4"],
    ["ws://127.0.0.1:PORT/a b", "ws://127.0.0.1:PORT/a%20b"],
  ])("url of %s is %s", async (address, url) => {
    const { port } = await listen(target);
    const client = connect(target, address.replace("PORT", String(port)));
    expect(client.url).toBe(url.replace("PORT", String(port)));
    await next(client, "open");
    expect(client.url).toBe(url.replace("PORT", String(port)));
  });

  test("url of a wss address from https", () => {
    const client = connect(target, "https://127.0.0.1:1/a");
    client.on("error", () => {});
    expect(client.url).toBe("wss://127.0.0.1:1/a");
  });

  test("takes a URL object, and leaves it as it was", async () => {
    const { port } = await listen(target);
    const address = new URL(`http://127.0.0.1:${port}/a`);
    const client = connect(target, address);
    await next(client, "open");
    expect(address.href).toBe(`http://127.0.0.1:${port}/a`);
    expect(client.url).toBe(`ws://127.0.0.1:${port}/a`);
  });

  test.each<[string, string, string]>([
    ["no URL", "foo", "Invalid URL: foo"],
    ["an empty text", "", "Invalid URL: "],
    ["a relative URL", "/chat", "Invalid URL: /chat"],
    ["another protocol", "ftp://example.com", `The URL's protocol must be one of "ws:", "wss:"`],
    ["a fragment", "ws://example.com/#a", "The URL contains a fragment identifier"],
    ["a pathless ws+unix:", "ws+unix:", "The URL's pathname is empty"],
  ])("an address with %s is a SyntaxError", (_, address, message) => {
    expect(() => new WebSocket(address)).toThrow(SyntaxError);
    expect(() => new WebSocket(address)).toThrow(message);
  });

  test.each<[string, unknown]>([
    ["an empty name", ""],
    ["a name with a space", "a b"],
    ["a name with a comma", "a,b"],
    ["a name twice", ["a", "a"]],
    ["a name beyond ASCII", "ä"],
    ["a number", [1]],
    ["null", [null]],
  ])("a subprotocol with %s is a SyntaxError", (_, protocols) => {
    const open = () => new WebSocket("ws://127.0.0.1:1", protocols as string[]);
    expect(open).toThrow(SyntaxError);
    expect(open).toThrow("An invalid or duplicated subprotocol was specified");
  });

  test("protocol and extensions are empty before and without agreement", async () => {
    const { url } = await listen(target);
    const client = connect(target, url, ["a"]);
    expect([client.protocol, client.extensions]).toEqual(["", ""]);
    await next(client, "open");
    expect([client.protocol, client.extensions]).toEqual(["a", ""]);
  });

  test("nobody listening there is an error and 'close' 1006", async () => {
    const { http, url } = await listenHttp();
    await new Promise((resolve) => http.close(resolve));
    const client = new WebSocket(url);
    const [error, closed] = [nextError(client), nextClose(client)];
    expect(client.readyState).toBe(WebSocket.CONNECTING);
    expect((await error).code).toBe("ECONNREFUSED");
    expect(await closed).toEqual({ code: 1006, reason: "" });
    expect(client.readyState).toBe(WebSocket.CLOSED);
  });

  test("two sockets of one server are apart", async () => {
    const { server, url } = await listen(target);
    server.on("connection", (socket, request) => socket.send(String(request.url)));
    const clients = ["/a", "/b"].map((path) => connect(target, `${url}${path}`));
    const got = await Promise.all(clients.map((client) => next<[Buffer]>(client, "message")));
    expect(got.map(([data]) => String(data))).toEqual(["/a", "/b"]);
  });
});

describe.each(targets)("the module of $name", (target) => {
  test("exports the class as default", () => {
    expect(target.default).toBe(target.WebSocket);
  });

  test("require() gives the class with its statics", async () => {
    const program = `
      const WebSocket = require(${JSON.stringify(target.specifier)});
      const names = ["Server", "WebSocketServer", "WebSocket", "createWebSocketStream"];
      console.log(JSON.stringify([
        typeof WebSocket,
        ...names.map((name) => typeof WebSocket[name]),
        WebSocket.Server === WebSocket.WebSocketServer,
        WebSocket.WebSocket === WebSocket,
        WebSocket.OPEN,
        new WebSocket(null, undefined, {}) instanceof require("node:events"),
      ]));
    `;
    expect(JSON.parse(await runCommonJs(program))).toEqual([
      ...Array.from({ length: 5 }, () => "function"),
      true,
      true,
      1,
      true,
    ]);
  });
});
