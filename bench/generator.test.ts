import { type AddressInfo, createServer } from "node:net";
import { afterEach, beforeAll, describe, expect, test } from "vitest";
import { compile } from "./compile.ts";
import type { Contender } from "./contenders.ts";
import { startTamperer, stopTamperers } from "./generator.fixture.ts";
import { runGenerator } from "./generator.ts";
import { cacheFolder } from "./paths.ts";
import { writeKeys, writePayloads } from "./payloads.ts";
import { ServerProcess } from "./server-process.ts";

/** Both on any core: these tests are about what is checked, not about time. */
const cores = { server: -1, generator: -1 };

let generator: string;
let floor: Contender;
let payload: string;
const servers: { stop(): unknown }[] = [];

beforeAll(() => {
  const quiet = (): void => {};
  generator = compile("generator", quiet);
  const program = compile("floor", quiet);
  const keys = writeKeys(cacheFolder());
  payload = writePayloads(cacheFolder(), { kind: "text", bytes: 32, count: 64 });
  floor = { level: "websocket", name: "floor", label: "floor", command: () => [program, keys] };
});

afterEach(async () => {
  stopTamperers();
  await Promise.all(servers.splice(0).map((server) => server.stop()));
});

function run(port: number, serverPid: number, flags: Record<string, string | number> = {}) {
  return runGenerator({
    program: generator,
    cores,
    serverPid,
    flags: {
      mode: "echo",
      port,
      payload,
      keys: writeKeys(cacheFolder()),
      "payload-bytes": 32,
      connections: 4,
      "in-flight": 3,
      "warm-up-ms": 0,
      "window-ms": 50,
      ...flags,
    },
  });
}

async function startFloor(): Promise<ServerProcess> {
  const server = await ServerProcess.start(floor, { core: -1 });
  servers.push(server);
  return server;
}

describe("the load generator", () => {
  test.each(["192.0.2.1", "10.0.0.1", "0.0.0.0", "localhost.example", "128.0.0.1"])(
    "refuses the address %s",
    async (host) => {
      await expect(run(9, process.pid, { host })).rejects.toThrow(/this machine alone/);
    },
  );

  test("counts echoes and the CPU of the server", async () => {
    const server = await startFloor();
    const report = await run(server.port, server.pid);
    expect(report.messages).toBeGreaterThan(0);
    expect(report.serverCpuNs).toBeGreaterThan(0);
    expect(report.p50Ns).toBeGreaterThan(0);
    expect(report.p99Ns).toBeGreaterThanOrEqual(report.p50Ns);
    expect(report.maxNs).toBeGreaterThanOrEqual(report.p99Ns);
  });

  test("counts one delivery for each subscriber", async () => {
    const server = await startFloor();
    const flags = { mode: "fanout", connections: 10, "max-messages": 500 };
    const report = await run(server.port, server.pid, flags);
    expect(report.messages).toBeGreaterThan(0);
  });

  test("ends at its number of messages, before its time", async () => {
    const server = await startFloor();
    const flags = { "max-messages": 100, "window-ms": 20_000 };
    const report = await run(server.port, server.pid, flags);
    expect(report.messages).toBeGreaterThanOrEqual(100);
    expect(report.windowNs).toBeLessThan(20e9);
  });

  test("sends at a fixed rate whatever the server does", async () => {
    const server = await startFloor();
    const report = await run(server.port, server.pid, { rate: 1000, "window-ms": 400 });
    const perSecond = report.messages / (report.windowNs / 1e9);
    expect(perSecond).toBeGreaterThan(500);
    expect(perSecond).toBeLessThan(2000);
  });

  test("counts handshakes with a proper close", async () => {
    const server = await startFloor();
    const report = await run(server.port, server.pid, { mode: "handshake" });
    expect(report.messages).toBeGreaterThan(0);
  });

  test("sees one wrong bit", async () => {
    const server = await startFloor();
    const port = await startTamperer(server.port, (chunk, number) => {
      if (number === 3) chunk[chunk.length - 1]! ^= 1;
      return chunk;
    });
    await expect(run(port, server.pid)).rejects.toThrow(/wrong bytes/);
  });

  test("sees a message that comes twice", async () => {
    const server = await startFloor();
    const port = await startTamperer(server.port, (chunk, number) =>
      number === 2 ? Buffer.concat([chunk, chunk]) : chunk,
    );
    await expect(run(port, server.pid)).rejects.toThrow(/wrong bytes|not sent/);
  });

  test("sees a frame that is longer than what was sent", async () => {
    const server = await startFloor();
    const port = await startTamperer(server.port, (chunk, number) => {
      if (number === 1) chunk[1] = 33;
      return chunk;
    });
    await expect(run(port, server.pid)).rejects.toThrow(/longer/);
  });

  test("sees a wrong Sec-WebSocket-Accept", async () => {
    const server = await startFloor();
    const port = await startTamperer(server.port, (chunk, number) =>
      number === 0 ? Buffer.from(chunk.toString("latin1").replace("Accept: ", "Accept: x")) : chunk,
    );
    await expect(run(port, server.pid)).rejects.toThrow(/wrong Sec-WebSocket-Accept/);
  });

  test("follows frames that are cut into pieces", async () => {
    const server = await startFloor();
    const port = await startTamperer(server.port, (chunk) => chunk);
    const large = writePayloads(cacheFolder(), { kind: "binary", bytes: 70_000, count: 2 });
    const flags = { payload: large, "payload-bytes": 70_000, opcode: 2 };
    const report = await run(port, server.pid, flags);
    expect(report.messages).toBeGreaterThan(0);
  });

  test("says that it was refused", async () => {
    const server = createServer((socket) => socket.end("HTTP/1.1 403 Forbidden\r\n\r\n"));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    servers.push({ stop: () => server.close() });
    const { port } = server.address() as AddressInfo;
    await expect(run(port, process.pid)).rejects.toThrow(/upgrade was refused: HTTP\/1.1 403/);
  });
});
