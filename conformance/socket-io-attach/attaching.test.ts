import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect as connectHttp2 } from "node:http2";
import { get } from "node:https";
import { type AddressInfo, createServer } from "node:net";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { WebSocket } from "@openline/websocket";
import { io as connect, type Socket } from "socket.io-client";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { implementations } from "../socket-io-implementations.ts";
import { certificate, key } from "../ws-api/certificate.ts";

const root = join(import.meta.dirname, "../..");

/** A program of docs/attaching.md. */
interface Program {
  readonly title: string;
  readonly code: string;
  readonly usesTls: boolean;
}

function programs(): Program[] {
  const text = readFileSync(join(root, "docs/attaching.md"), "utf8");
  const pattern = /^## (.+)$|^```js attach( tls)?\n([\s\S]*?)^```$/gm;
  const found: Program[] = [];
  let title = "";
  for (const [, heading, tls, code] of text.matchAll(pattern)) {
    if (heading !== undefined) title = heading;
    else if (code !== undefined) found.push({ title, code, usesTls: tls !== undefined });
  }
  return found;
}

let folder: string;
let child: ChildProcess | null = null;
const clients: Socket[] = [];

beforeAll(() => {
  // Inside the repository, so that the programs find what they import.
  mkdirSync(join(root, ".cache"), { recursive: true });
  folder = mkdtempSync(join(root, ".cache/attaching-"));
  writeFileSync(join(folder, "key.pem"), key);
  writeFileSync(join(folder, "cert.pem"), certificate);
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

afterEach(async () => {
  for (const client of clients.splice(0)) client.disconnect();
  if (child !== null && child.exitCode === null) {
    child.kill("SIGKILL");
    await once(child, "exit");
  }
  child = null;
});

async function freePort(): Promise<number> {
  const server = createServer().listen(0);
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

/** Runs a program with its port and import changed; resolves when it listens. */
async function run(program: Program, specifier: string): Promise<number> {
  const port = await freePort();
  const file = join(folder, "program.mjs");
  const code = program.code.replace('from "openline"', `from "${specifier}"`);
  writeFileSync(file, code.replaceAll("3000", String(port)));
  child = spawn(process.execPath, ["--conditions=@openline/source", "--import", "tsx", file], {
    cwd: folder,
    stdio: ["ignore", "pipe", "inherit"],
  });
  const { stdout } = child;
  if (stdout === null) throw new Error("the program has no output");
  for await (const line of createInterface({ input: stdout })) if (line === "listening") break;
  return port;
}

async function connected(url: string, transport: string, path = "/socket.io"): Promise<Socket> {
  const options = { transports: [transport], path, forceNew: true, rejectUnauthorized: false };
  const client = connect(url, options);
  clients.push(client);
  await new Promise<void>((resolve, reject) => {
    client.once("connect", resolve);
    client.once("connect_error", reject);
  });
  return client;
}

const all = programs();

it("the page has a program for everything that it names", () => {
  expect(all.map(({ title }) => title)).toEqual([
    "Plain `node:http`",
    "Express 5",
    "Fastify 5",
    "Hono on Node",
    "Koa 3",
    "`https`",
    "HTTP/2",
    "Several on one server",
  ]);
});

const cases = implementations.flatMap(({ name }) =>
  all.map((program) => ({ ...program, name, program })),
);

// That Socket.IO passes too shows that the programs are what its users write.
describe.each(cases)("$name attached as docs/attaching.md says: $title", ({ name, program }) => {
  it("takes clients by polling and WebSocket, and leaves the application its routes", async () => {
    const port = await run(program, name);
    const url = `${program.usesTls ? "https" : "http"}://localhost:${port}`;
    for (const transport of ["polling", "websocket"]) {
      const client = await connected(url, transport);
      expect(await client.emitWithAck("echo", { a: [1, "b"] })).toEqual({ a: [1, "b"] });
    }
    if (program.usesTls) expect(await getInsecurely(`${url}/hello`)).toBe("hello");
    else expect(await (await fetch(`${url}/hello`)).text()).toBe("hello");
    if (program.title === "HTTP/2") await checkHttp2(url);
    if (program.title === "Several on one server") await checkOthers(url);
    // H12 (CVE-2020-7693): an upgrade on a route that nobody takes opens nothing.
    const stray = new WebSocket(`${url.replace("http", "ws")}/stray`, {
      rejectUnauthorized: false,
    });
    const [error] = (await once(stray, "error")) as [Error];
    expect(error).toBeInstanceOf(Error);
  });
});

async function checkOthers(url: string): Promise<void> {
  for (const transport of ["polling", "websocket"]) {
    const client = await connected(url, transport, "/admin-socket");
    expect(await client.emitWithAck("echo", 1)).toEqual({ admin: 1 });
  }
  const plain = new WebSocket(`${url.replace("http", "ws")}/plain`);
  await once(plain, "open");
  const answer = once(plain, "message");
  plain.send("hi");
  expect(String((await answer)[0])).toBe("plain hi");
  plain.close();
}

/** The body of an answer over TLS, whoever signed the certificate. */
async function getInsecurely(url: string): Promise<string> {
  const [response] = await once(get(url, { rejectUnauthorized: false, agent: false }), "response");
  return await readText(response);
}

async function readText(stream: AsyncIterable<unknown>): Promise<string> {
  let text = "";
  for await (const chunk of stream) text += String(chunk);
  return text;
}

/** Polls as browsers do: over HTTP/2, which has no Host header, with an Origin when they post. */
async function checkHttp2(url: string): Promise<void> {
  const session = connectHttp2(url, { rejectUnauthorized: false });
  const ask = async (path: string, body?: string): Promise<string> => {
    const method = body === undefined ? "GET" : "POST";
    const stream = session.request(
      { ":path": path, ":method": method, origin: url },
      { endStream: body === undefined },
    );
    if (body !== undefined) stream.end(body);
    return await readText(stream);
  };
  try {
    expect(await ask("/hello")).toBe("hello");
    const path = "/socket.io/?EIO=4&transport=polling";
    const { sid } = JSON.parse((await ask(path)).slice(1)) as { sid: string };
    const ofSession = `${path}&sid=${sid}`;
    expect(await ask(ofSession, "40")).toBe("ok");
    expect(await ask(ofSession)).toMatch(/^40\{"sid":/);
    expect(await ask(ofSession, '421["echo","x"]')).toBe("ok");
    expect(await ask(ofSession)).toBe('431["x"]');
  } finally {
    session.destroy();
  }
}
