import { once } from "node:events";
import { createServer, request as httpRequest } from "node:http";
import type { AddressInfo } from "node:net";
import { Server } from "openline";
import { io as connect, type ManagerOptions, type Socket } from "socket.io-client";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { Proxies, proxyNames } from "./proxy.ts";

let proxies: Proxies;
const closers: (() => unknown)[] = [];

beforeAll(() => {
  proxies = new Proxies();
});

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
  await proxies.stop();
});

afterAll(() => proxies.remove());

/** A server that echoes; pings more often than the proxies' time-outs. */
async function serve(): Promise<{ io: Server; port: number }> {
  const http = createServer().listen(0, "127.0.0.1");
  const io = new Server(http, { pingInterval: 300, pingTimeout: 10_000 });
  closers.push(() => io.close());
  io.on("connection", (socket) => {
    socket.on("echo", (data, answer) => answer(data));
  });
  await once(http, "listening");
  return { io, port: (http.address() as AddressInfo).port };
}

function dial(url: string, options: Partial<ManagerOptions>): Socket {
  const client = connect(url, { forceNew: true, reconnection: false, ...options });
  closers.push(() => client.disconnect());
  return client;
}

async function connected(client: Socket): Promise<Socket> {
  await new Promise<void>((resolve, reject) => {
    client.once("connect", resolve);
    client.once("connect_error", reject);
  });
  return client;
}

async function expectEchoes(client: Socket): Promise<void> {
  for (const data of ["", "Grüße", { a: [1, null] }, "x".repeat(200_000)]) {
    expect(await client.emitWithAck("echo", data)).toEqual(data);
  }
  const bytes = (await client.emitWithAck("echo", Buffer.from([0, 255]))) as Uint8Array;
  expect([...new Uint8Array(bytes)]).toEqual([0, 255]);
}

describe.each(proxyNames)("Socket.IO over TLS through %s, as docs/deploy configures it", (name) => {
  it.each([
    ["polling", ["polling"]],
    ["websocket", ["websocket"]],
    ["polling that upgrades", ["polling", "websocket"]],
  ])("carries everything by %s", async (_, transports) => {
    const { io, port: backend } = await serve();
    const port = await proxies.start(name, backend, "60s");
    const arrived = once(io, "connection");
    const client = dial(`https://localhost:${port}`, {
      transports,
      ca: proxies.certificate,
      extraHeaders: { Origin: `https://localhost:${port}` },
    });
    if (transports.length === 2) {
      const upgraded = new Promise((resolve) => {
        client.io.on("open", () => client.io.engine.once("upgrade", resolve));
      });
      await connected(client);
      await upgraded;
    } else await connected(client);
    const [socket] = (await arrived) as [{ handshake: { headers: Record<string, string> } }];
    expect(socket.handshake.headers["x-forwarded-for"]).toContain("127.0.0.1");
    await expectEchoes(client);
    expect(client.io.engine.transport.name).toBe(transports.at(-1));
  });

  it("refuses a page of another origin by either transport", async () => {
    const { port: backend } = await serve();
    const port = await proxies.start(name, backend, "60s");
    for (const transport of ["polling", "websocket"]) {
      const client = dial(`https://localhost:${port}`, {
        transports: [transport],
        ca: proxies.certificate,
        extraHeaders: { Origin: "https://evil.example" },
      });
      await expect(connected(client)).rejects.toThrow("error");
    }
  });

  it("keeps a quiet line open by the server's pings", async () => {
    const { io, port: backend } = await serve();
    const port = await proxies.start(name, backend, "1s");
    const arrived = once(io, "connection");
    const client = dial(`https://localhost:${port}`, {
      transports: ["websocket"],
      ca: proxies.certificate,
    });
    await connected(client);
    const [socket] = (await arrived) as [{ conn: NodeJS.EventEmitter }];
    // Longer than the proxy's time-out, if nothing had come.
    for (let beats = 0; beats < 5; beats += 1) await once(socket.conn, "heartbeat");
    await expectEchoes(client);
  });
});

describe("a proxy that blocks WebSockets", () => {
  /** Passes requests on, and answers every upgrade with 400, as old proxies do. */
  async function blockingProxy(backend: number): Promise<number> {
    const proxy = createServer((request, response) => {
      const { method, url, headers } = request;
      const onward = httpRequest({ port: backend, method, path: url, headers }, (answer) => {
        response.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(response);
      });
      onward.on("error", () => response.destroy());
      response.on("close", () => onward.destroy());
      request.pipe(onward);
    });
    proxy.on("upgrade", (_request, socket) => {
      socket.on("error", () => socket.destroy());
      socket.end("HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
    });
    proxy.listen(0, "127.0.0.1");
    await once(proxy, "listening");
    closers.push(() => {
      proxy.close();
      proxy.closeAllConnections();
    });
    return (proxy.address() as AddressInfo).port;
  }

  it("leaves clients on polling, and they lose nothing", async () => {
    const { port: backend } = await serve();
    const port = await blockingProxy(backend);
    const client = dial(`http://127.0.0.1:${port}`, {});
    const failed = new Promise((resolve) => {
      client.io.on("open", () => client.io.engine.once("upgradeError", resolve));
    });
    await connected(client);
    const answers = Array.from({ length: 100 }, (_, n) => client.emitWithAck("echo", n));
    await failed;
    expect(await Promise.all(answers)).toEqual(Array.from({ length: 100 }, (_, n) => n));
    await expectEchoes(client);
    expect(client.io.engine.transport.name).toBe("polling");
  });

  it("lets in those that try polling after WebSocket", async () => {
    const { port: backend } = await serve();
    const port = await blockingProxy(backend);
    const client = dial(`http://127.0.0.1:${port}`, {
      transports: ["websocket", "polling"],
      tryAllTransports: true,
      upgrade: false,
    } as Partial<ManagerOptions>);
    await connected(client);
    await expectEchoes(client);
  });
});
