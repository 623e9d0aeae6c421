import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import { createServer as createHttpsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { WebSocket, WebSocketServer } from "@openline/websocket";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { impatientProxyNames, Proxies, proxyNames } from "./proxy.ts";

let proxies: Proxies;
const servers: WebSocketServer[] = [];
const clients: WebSocket[] = [];

beforeAll(() => {
  proxies = new Proxies();
});

afterEach(async () => {
  for (const client of clients.splice(0)) {
    client.on("error", () => {});
    client.terminate();
  }
  await proxies.stop();
  await Promise.all(servers.splice(0).map((server) => server.shutdown({ graceMs: 0 })));
});

afterAll(() => proxies.remove());

async function serve(options: WebSocket.ServerOptions = {}): Promise<[WebSocketServer, number]> {
  const server = new WebSocketServer({
    port: 0,
    host: "127.0.0.1",
    maxPayload: 8 << 20,
    ...options,
  });
  servers.push(server);
  server.on("connection", (socket) => {
    socket.on("message", (data, isBinary) => socket.send(data, { binary: isBinary }));
  });
  await once(server, "listening");
  return [server, (server.address() as AddressInfo).port];
}

/** A client that trusts the certificate of this run. */
function dial(port: number, options: WebSocket.ClientOptions = {}): WebSocket {
  const client = new WebSocket(`wss://localhost:${port}/`, {
    ca: proxies.certificate,
    ...options,
  });
  clients.push(client);
  return client;
}

async function expectEchoes(client: WebSocket): Promise<void> {
  for (const data of ["", "Grüße", Buffer.from([0, 255]), Buffer.alloc(1 << 20, 9)]) {
    const answered = once(client, "message");
    client.send(data);
    const [received] = (await answered) as [Buffer];
    expect(received.equals(Buffer.from(data))).toBe(true);
  }
  const pong = once(client, "pong");
  client.ping("through");
  expect(String((await pong)[0])).toBe("through");
}

describe.each(proxyNames)("wss:// through %s, as docs/deploy configures it", (name) => {
  it("carries messages, compression, pings, close codes and the client's address", async () => {
    const [server, backend] = await serve({ perMessageDeflate: { threshold: 0 } });
    const port = await proxies.start(name, backend, "60s");
    const connected = once(server, "connection");
    const client = dial(port);
    await once(client, "open");
    const [socket, request] = (await connected) as [WebSocket, IncomingMessage];
    expect(client.extensions).toBe("permessage-deflate");
    expect(request.headers["x-forwarded-for"]).toContain("127.0.0.1");
    expect(request.headers["x-forwarded-proto"]).toBe("https");
    await expectEchoes(client);
    const closed = once(client, "close");
    socket.close(4003, "from behind");
    const [code, reason] = await closed;
    expect([code, String(reason)]).toEqual([4003, "from behind"]);
  });

  it("lets the origin check see the public host, and its refusal through", async () => {
    const [, backend] = await serve();
    const port = await proxies.start(name, backend, "60s");
    const own = dial(port, { origin: `https://localhost:${port}` });
    await once(own, "open");
    const foreign = dial(port, { origin: "https://evil.example" });
    const [, response] = (await once(foreign, "unexpected-response")) as [unknown, IncomingMessage];
    expect(response.statusCode).toBe(403);
    response.destroy();
  });
});

describe.each(impatientProxyNames)("wss:// through %s, as docs/deploy configures it", (name) => {
  it("cuts a silent line at its time-out, and not one that has a heartbeat", async () => {
    const [, silent] = await serve({ heartbeat: false });
    const [, beating] = await serve({ heartbeat: { intervalMs: 300, timeoutMs: 10_000 } });
    const [silentPort, beatingPort] = [
      await proxies.start(name, silent, "1s"),
      await proxies.start(name, beating, "1s"),
    ];
    const [kept, cut] = [dial(beatingPort), dial(silentPort)];
    await Promise.all([once(kept, "open"), once(cut, "open")]);
    // Both have been silent for the time-out when the one without a heartbeat is gone.
    expect((await once(cut, "close"))[0]).toBe(1006);
    expect(kept.readyState).toBe(WebSocket.OPEN);
    await expectEchoes(kept);
  });
});

describe("wss:// directly", () => {
  it("works on a node:https server", async () => {
    const https = createHttpsServer({ cert: proxies.certificate, key: proxies.key });
    const server = new WebSocketServer({ server: https, maxPayload: 8 << 20 });
    server.on("connection", (socket) => {
      socket.on("message", (data, isBinary) => socket.send(data, { binary: isBinary }));
    });
    https.listen(0, "127.0.0.1");
    await once(https, "listening");
    const { port } = https.address() as AddressInfo;
    const client = dial(port, { origin: `https://localhost:${port}` });
    await once(client, "open");
    await expectEchoes(client);
    const insecure = dial(port, { origin: `http://localhost.evil.example:${port}` });
    const [, response] = (await once(insecure, "unexpected-response")) as [
      unknown,
      IncomingMessage,
    ];
    expect(response.statusCode).toBe(403);
    response.destroy();
    client.terminate();
    https.close();
    https.closeAllConnections();
  });
});
