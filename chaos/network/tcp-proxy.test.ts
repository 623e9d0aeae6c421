import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { afterEach, beforeEach, expect, it } from "vitest";
import { TcpProxy } from "./tcp-proxy.ts";

let proxy: TcpProxy;
let client: Socket;
let server: Socket;
let close: () => Promise<void>;

beforeEach(async () => {
  const listener = createServer();
  listener.listen(0, "127.0.0.1");
  await once(listener, "listening");
  proxy = await TcpProxy.listen();
  proxy.aim((listener.address() as AddressInfo).port);
  [client, server] = await open();
  close = async () => {
    client.destroy();
    server.destroy();
    await proxy.close();
    await new Promise((resolve) => listener.close(resolve));
  };

  async function open(): Promise<[Socket, Socket]> {
    const { hostname, port } = new URL(proxy.url);
    const accepted = once(listener, "connection");
    const near = connect(Number(port), hostname);
    const [far] = (await accepted) as [Socket];
    for (const end of [near, far]) end.on("error", () => {});
    return [near, far];
  }
});

afterEach(() => close());

async function read(from: Socket): Promise<string> {
  const [bytes] = (await once(from, "data")) as [Buffer];
  return bytes.toString();
}

/** Unlike `once`, whatever error comes before. */
function closeOf(end: Socket): Promise<void> {
  return new Promise((resolve) => end.once("close", () => resolve()));
}

it("lets everything through, both ways", async () => {
  client.write("ping");
  expect(await read(server)).toBe("ping");
  server.write("pong");
  expect(await read(client)).toBe("pong");
});

it("refuses connections while there is no server", async () => {
  proxy.aim(null);
  const { hostname, port } = new URL(proxy.url);
  const [error] = await once(connect(Number(port), hostname), "error");
  expect((error as NodeJS.ErrnoException).code).toBe("ECONNRESET");
});

it("resets both ends", async () => {
  const errors = [once(client, "error"), once(server, "error")];
  proxy.apply((link) => link.reset());
  for (const [error] of await Promise.all(errors)) expect(error.code).toBe("ECONNRESET");
  expect(proxy.linkCount).toBe(0);
});

it("keeps the server's end open when the client's is gone", async () => {
  const gone = closeOf(client);
  proxy.apply((link) => link.orphan());
  await gone;
  expect(server.readyState).toBe("open");
  expect(proxy.linkCount).toBe(1);
  const closed = closeOf(server);
  server.end();
  await closed;
});

it("holds everything back while it is stalled, and loses none of it", async () => {
  proxy.apply((link) => link.stall());
  let early = "";
  client.on("data", (bytes: Buffer) => {
    early += bytes.toString();
  });
  await new Promise((resolve) => server.write("one", resolve));
  // Another link shows that there was time enough.
  await new Promise((resolve) => server.write("two", resolve));
  await new Promise((resolve) => setImmediate(resolve));
  expect(early).toBe("");
  proxy.heal();
  while (early.length < 6) await once(client, "data");
  expect(early).toBe("onetwo");
});

it("lets nothing through while half-open, and closes no end", async () => {
  proxy.apply((link) => link.halfOpen());
  let late = "";
  server.on("data", (bytes: Buffer) => {
    late += bytes.toString();
  });
  client.write("lost");
  proxy.heal();
  const closed = closeOf(client);
  client.destroy();
  await closed;
  expect(server.readyState).toBe("open");
  expect(late).toBe("");
});

it("lets a little at a time through while it is slow, and then all", async () => {
  proxy.apply((link) => link.slowDown());
  const sent = 20_000;
  server.write(Buffer.alloc(sent));
  let received = 0;
  client.on("data", (bytes: Buffer) => {
    received += bytes.length;
  });
  await once(client, "data");
  expect(received).toBeLessThan(sent);
  proxy.heal();
  while (received < sent) await once(client, "data");
  expect(received).toBe(sent);
});

it("resets a link after some bytes", async () => {
  proxy.apply((link) => link.resetAfter(5));
  let received = "";
  client.on("data", (bytes: Buffer) => {
    received += bytes.toString();
  });
  const closed = closeOf(client);
  server.write("0123456789");
  await closed;
  expect(received === "" || received === "01234").toBe(true);
});
