import type { IncomingMessage } from "node:http";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import type { TLSSocket } from "node:tls";
import { describe, expect, test } from "vitest";
import { certificate, key } from "./certificate.ts";
import { connect, deferred, next, nextClose, nextError, onTestEnd, track } from "./fixture.ts";
import { type Server, type ServerOptions, type Socket, type Target, targets } from "./targets.ts";

async function listenSecure(
  target: Target,
  options: Partial<Parameters<typeof createServer>[0]> = {},
  serverOptions: ServerOptions = {},
): Promise<{ server: Server; port: number }> {
  const https = createServer({ key, cert: certificate, ...options });
  onTestEnd(() => {
    https.closeAllConnections();
    https.close();
  });
  const server = track(new target.WebSocketServer({ server: https, ...serverOptions }));
  await new Promise<void>((resolve) => https.listen(0, "127.0.0.1", resolve));
  return { server, port: (https.address() as AddressInfo).port };
}

describe.each(targets)("TLS with $name", (target) => {
  test("an unknown certificate is an error", async () => {
    const { port } = await listenSecure(target);
    const client = connect(target, `wss://127.0.0.1:${port}`);
    const [error, closed] = [nextError(client), nextClose(client)];
    expect((await error).code).toMatch(/SELF_SIGNED/);
    expect((await closed).code).toBe(1006);
  });

  test("rejectUnauthorized: false lets it pass", async () => {
    const { port } = await listenSecure(target);
    await next(connect(target, `wss://127.0.0.1:${port}`, { rejectUnauthorized: false }), "open");
  });

  test.each(["127.0.0.1", "localhost"])("ca makes the certificate of %s known", async (host) => {
    const { server, port } = await listenSecure(target);
    const received = deferred<string>();
    server.on("connection", (socket) =>
      socket.on("message", (data) => received.resolve(String(data))),
    );
    const client = connect(target, `wss://${host}:${port}`, { ca: certificate, family: 4 });
    await next(client, "open");
    client.send("over TLS");
    expect(await received.promise).toBe("over TLS");
    expect(client.url).toBe(`wss://${host}:${port}/`);
  });

  test("https: is wss:", async () => {
    const { port } = await listenSecure(target);
    const client = connect(target, `https://127.0.0.1:${port}`, { ca: certificate });
    await next(client, "open");
  });

  test("servername and checkServerIdentity are used", async () => {
    const { server, port } = await listenSecure(target);
    const connected = next<[Socket, IncomingMessage]>(server, "connection");
    const checked = deferred<string>();
    const client = connect(target, `wss://127.0.0.1:${port}`, {
      ca: certificate,
      servername: "other.example",
      checkServerIdentity: ((name: string) => {
        checked.resolve(name);
        return undefined;
      }) as never,
    } as object);
    await next(client, "open");
    expect(await checked.promise).toBe("other.example");
    expect(((await connected)[1].socket as TLSSocket & { servername: string }).servername).toBe(
      "other.example",
    );
  });

  test("a client certificate reaches the server", async () => {
    const { port } = await listenSecure(
      target,
      { requestCert: true, rejectUnauthorized: false, ca: certificate },
      {
        verifyClient: (info: { secure: boolean; req: IncomingMessage }) => {
          return info.secure && (info.req.socket as TLSSocket).authorized;
        },
      },
    );
    await next(
      connect(target, `wss://127.0.0.1:${port}`, { ca: certificate, key, cert: certificate }),
      "open",
    );
    const client = connect(target, `wss://127.0.0.1:${port}`, { rejectUnauthorized: false });
    expect((await nextError(client)).message).toBe("Unexpected server response: 401");
  });

  test("verifyClient hears that it is secure", async () => {
    const secure = deferred<boolean>();
    const { port } = await listenSecure(
      target,
      {},
      {
        verifyClient: (info: { secure: boolean }) => {
          secure.resolve(info.secure);
          return true;
        },
      },
    );
    await next(connect(target, `wss://127.0.0.1:${port}`, { rejectUnauthorized: false }), "open");
    expect(await secure.promise).toBe(true);
  });

  test("large messages and a clean close", async () => {
    const { server, port } = await listenSecure(target);
    server.on("connection", (socket) => socket.on("message", (data) => socket.send(data)));
    const client = connect(target, `wss://127.0.0.1:${port}`, { rejectUnauthorized: false });
    await next(client, "open");
    const data = Buffer.alloc(700_000, "0123456789");
    const received = next<[Buffer]>(client, "message");
    client.send(data);
    expect((await received)[0].equals(data)).toBe(true);
    const closed = nextClose(client);
    client.close(1000, "done");
    expect(await closed).toEqual({ code: 1000, reason: "done" });
  });
});
