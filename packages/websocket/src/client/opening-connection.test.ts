import { Agent, createServer as createHttpServer, type IncomingMessage } from "node:http";
import { createServer as createHttpsServer } from "node:https";
import { connect, createServer as createNetServer, type Socket } from "node:net";
import type { TLSSocket } from "node:tls";
import { beforeAll, describe, expect, it, vi } from "vitest";
import { type Certificate, makeCertificate } from "./certificate.fixture.ts";
import { accept } from "./opening.fixture.ts";
import { open, servers, webServer } from "./opening-servers.fixture.ts";

describe("the connection under it", () => {
  it("is made by createConnection, or by the agent", async () => {
    const { host } = await webServer();
    const createConnection = vi.fn((options: object) =>
      connect({ ...options, path: undefined } as never),
    );
    (await open(`ws://${host}`, { createConnection }).opened()).socket.destroy();
    expect(createConnection).toHaveBeenCalledOnce();

    const agent = new Agent();
    const made = vi.spyOn(agent as unknown as { createConnection(): void }, "createConnection");
    (await open(`ws://${host}`, { agent }).opened()).socket.destroy();
    expect(made).toHaveBeenCalledOnce();
    agent.destroy();
  });

  it("looks names up and binds as it is told", async () => {
    const { host, requests } = await webServer();
    const lookup = vi.fn(
      (_name: string, options: { all?: boolean }, done: (...result: unknown[]) => void) => {
        if (options.all) done(null, [{ address: "127.0.0.1", family: 4 }]);
        else done(null, "127.0.0.1", 4);
      },
    );
    const port = host.split(":")[1];
    const options = { lookup: lookup as never, family: 4, localAddress: "127.0.0.7" };
    (await open(`ws://name.test:${port}`, options).opened()).socket.destroy();
    expect(lookup.mock.calls[0]?.[0]).toBe("name.test");
    expect(lookup.mock.calls[0]?.[1]).toMatchObject({ family: 4 });
    expect(requests[0]?.headers.host).toBe(`name.test:${port}`);
  });

  it("comes from localAddress", async () => {
    let remote: string | undefined;
    const { host } = await webServer((request, socket) => {
      remote = (socket as Socket).remoteAddress;
      accept(request, socket);
    });
    (await open(`ws://${host}`, { localAddress: "127.0.0.7" }).opened()).socket.destroy();
    expect(remote).toBe("127.0.0.7");
  });

  it.each([
    ["ws+unix:PATH:/chat?a=b", {}, "/chat?a=b"],
    ["ws+unix:PATH", {}, "/"],
    ["ws://name.test/chat", { isOption: true }, "/chat"],
  ])(
    "is a Unix socket for %s",
    async (address, { isOption = false }: { isOption?: boolean }, url) => {
      const path = servers.path("a.sock");
      const requests: IncomingMessage[] = [];
      const server = createHttpServer().on("upgrade", (request, socket) => {
        requests.push(request);
        accept(request, socket);
      });
      await servers.listen(server, path);
      const options = isOption ? { socketPath: path } : {};
      (await open(address.replace("PATH", path), options).opened()).socket.destroy();
      expect(requests[0]?.url).toBe(url);
    },
  );

  it("fails with the world's own error", async () => {
    const server = createNetServer();
    const host = await servers.listen(server);
    await new Promise((done) => server.close(done));
    expect((await open(`ws://${host}`).failed()).code).toBe("ECONNREFUSED");
    expect((await open(`ws+unix:${servers.path("none.sock")}`).failed()).code).toBe("ENOENT");
  });
});

describe("over TLS", () => {
  let certificate: Certificate;
  beforeAll(() => {
    certificate = makeCertificate("localhost");
  });

  async function secureServer(
    path?: string,
    options = {},
  ): Promise<{ host: string; sockets: TLSSocket[] }> {
    const sockets: TLSSocket[] = [];
    const server = createHttpsServer({ ...certificate, ...options }, (_request, response) =>
      response.end(),
    );
    server.on("upgrade", (request, socket) => {
      sockets.push(socket as TLSSocket);
      accept(request, socket);
    });
    return { host: await servers.listen(server, path), sockets };
  }

  it.each(["wss:", "https:"])(
    "opens %s to a server whose certificate it trusts",
    async (scheme) => {
      const { host } = await secureServer();
      const options = { ca: certificate.cert, checkServerIdentity: undefined as never };
      const { socket } = await open(`${scheme}//${host}`, options).opened();
      expect((socket as TLSSocket).authorized).toBe(true);
      socket.destroy();
    },
  );

  it("refuses a certificate that nobody vouches for, unless told otherwise", async () => {
    const { host } = await secureServer();
    expect((await open(`wss://${host}`).failed()).code).toBe("DEPTH_ZERO_SELF_SIGNED_CERT");
    (await open(`wss://${host}`, { rejectUnauthorized: false }).opened()).socket.destroy();
  });

  it("checks the name, which checkServerIdentity and servername can change", async () => {
    const { host, sockets } = await secureServer();
    const port = host.split(":")[1];
    const ca = certificate.cert;
    const lookup = ((
      _name: string,
      options: { all?: boolean },
      done: (...result: unknown[]) => void,
    ) => {
      if (options.all) done(null, [{ address: "127.0.0.1", family: 4 }]);
      else done(null, "127.0.0.1", 4);
    }) as never;
    const address = `wss://other.test:${port}`;
    expect((await open(address, { ca, lookup }).failed()).code).toBe(
      "ERR_TLS_CERT_ALTNAME_INVALID",
    );
    (await open(address, { ca, lookup, servername: "localhost" }).opened()).socket.destroy();
    expect(sockets.at(-1)).toMatchObject({ servername: "localhost" });
    const checkServerIdentity = vi.fn(() => undefined);
    (await open(address, { ca, lookup, checkServerIdentity }).opened()).socket.destroy();
    expect(checkServerIdentity).toHaveBeenCalledExactlyOnceWith("other.test", expect.anything());
    const refuse = (): Error => new Error("not this one");
    expect(
      (await open(address, { ca, lookup, checkServerIdentity: refuse }).failed()).message,
    ).toBe("not this one");
  });

  it("shows a client's own certificate", async () => {
    const { host, sockets } = await secureServer(undefined, {
      requestCert: true,
      rejectUnauthorized: false,
    });
    const own = makeCertificate("client.test");
    const { socket } = await open(`wss://${host}`, { ca: certificate.cert, ...own }).opened();
    expect(sockets[0]?.getPeerCertificate().subject.CN).toBe("client.test");
    socket.destroy();
  });

  it("opens wss+unix:", async () => {
    const path = servers.path("a.sock");
    const { sockets } = await secureServer(path);
    const { socket } = await open(`wss+unix:${path}:/chat`, { ca: certificate.cert }).opened();
    expect((socket as TLSSocket).encrypted).toBe(true);
    expect(sockets).toHaveLength(1);
    socket.destroy();
  });
});
