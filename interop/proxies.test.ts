import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import type { IncomingMessage } from "node:http";
import { createServer as createHttpsServer } from "node:https";
import { type AddressInfo, connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { WebSocket, WebSocketServer } from "@openline/websocket";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { root } from "../tools/workspaces.ts";

let folder = "";
const children: ChildProcess[] = [];
const servers: WebSocketServer[] = [];
const clients: WebSocket[] = [];

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "openline-proxy-"));
  execFileSync("openssl", [
    ...["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"],
    ...["-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"],
    ...["-keyout", join(folder, "key.pem"), "-out", join(folder, "certificate.pem")],
  ]);
  writeFileSync(join(folder, "both.pem"), read("certificate.pem") + read("key.pem"));
});

afterEach(async () => {
  for (const client of clients.splice(0)) {
    client.on("error", () => {});
    client.terminate();
  }
  for (const child of children.splice(0)) {
    if (child.exitCode !== null) continue;
    // SIGTERM, so that nginx takes its workers with it.
    const gone = once(child, "exit");
    child.kill("SIGTERM");
    await gone;
  }
  await Promise.all(servers.splice(0).map((server) => server.shutdown({ graceMs: 0 })));
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

function read(name: string): string {
  return readFileSync(join(folder, name), "utf8");
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

/** Resolves once something listens on `port`; fails when `child` ends before. */
async function listening(port: number, child: ChildProcess, output: () => string): Promise<void> {
  const ended = once(child, "close").then(() => {
    throw new Error(`the proxy ended:\n${output()}`);
  });
  const answers = async (): Promise<void> => {
    for (;;) {
      const isUp = await new Promise<boolean>((resolve) => {
        const probe = connect(port, "127.0.0.1");
        probe.once("connect", () => resolve(true));
        probe.once("error", () => resolve(false));
        probe.once("close", () => probe.destroy());
      });
      if (isUp) return;
      await new Promise((resolve) => setImmediate(resolve));
    }
  };
  ended.catch(() => {});
  await Promise.race([answers(), ended]);
}

interface Proxy {
  readonly name: string;
  start(backend: number, idle: string): Promise<number>;
}

async function startProxy(
  file: string,
  command: (config: string) => string[],
  values: Record<string, string>,
): Promise<number> {
  const port = await freePort();
  let text = readFileSync(join(root, "docs/deploy", file), "utf8");
  for (const [name, value] of Object.entries({ ...values, LISTEN: String(port) })) {
    text = text.replaceAll(new RegExp(`\\$${name}\\b`, "g"), () => value);
  }
  expect(text.replaceAll(/^\s*#.*$/gm, "")).not.toMatch(/\$[A-Z]/);
  const config = join(folder, `${port}-${file}`);
  writeFileSync(config, text);
  const [program = "", ...parameters] = command(config);
  const child = spawn(program, parameters, { stdio: ["ignore", "pipe", "pipe"] });
  children.push(child);
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on("data", (chunk) => {
      output += chunk;
    });
  }
  await listening(port, child, () => output);
  return port;
}

const proxies: Proxy[] = [
  {
    name: "nginx",
    start: (backend, idle) =>
      startProxy("nginx.conf", (config) => ["nginx", "-p", folder, "-c", config], {
        RUN: folder,
        CERTIFICATE: join(folder, "certificate.pem"),
        KEY: join(folder, "key.pem"),
        BACKEND: String(backend),
        IDLE: idle,
      }),
  },
  {
    name: "HAProxy",
    start: (backend, idle) =>
      startProxy("haproxy.cfg", (config) => ["haproxy", "-db", "-f", config], {
        CERTIFICATE_AND_KEY: join(folder, "both.pem"),
        BACKEND: String(backend),
        IDLE: idle,
      }),
  },
];

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
    ca: read("certificate.pem"),
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

describe.each(proxies)("wss:// through $name, as docs/deploy configures it", (proxy) => {
  it("carries messages, compression, pings, close codes and the client's address", async () => {
    const [server, backend] = await serve({ perMessageDeflate: { threshold: 0 } });
    const port = await proxy.start(backend, "60s");
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
    const port = await proxy.start(backend, "60s");
    const own = dial(port, { origin: `https://localhost:${port}` });
    await once(own, "open");
    const foreign = dial(port, { origin: "https://evil.example" });
    const [, response] = (await once(foreign, "unexpected-response")) as [unknown, IncomingMessage];
    expect(response.statusCode).toBe(403);
    response.destroy();
  });

  it("cuts a silent line at its time-out, and not one that has a heartbeat", async () => {
    const [, silent] = await serve({ heartbeat: false });
    const [, beating] = await serve({ heartbeat: { intervalMs: 300, timeoutMs: 10_000 } });
    const [silentPort, beatingPort] = [
      await proxy.start(silent, "1s"),
      await proxy.start(beating, "1s"),
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
    const https = createHttpsServer({ cert: read("certificate.pem"), key: read("key.pem") });
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
