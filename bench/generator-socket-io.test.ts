import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { compile } from "./compile.ts";
import { prepareContender } from "./contenders.ts";
import { startTamperer, stopTamperers } from "./generator.fixture.ts";
import { type GeneratorReport, runGenerator } from "./generator.ts";
import { cacheFolder } from "./paths.ts";
import { type PayloadShape, wireBytesOf, writeKeys, writePayloads } from "./payloads.ts";
import { ServerProcess } from "./server-process.ts";

const cores = { server: -1, generator: -1 };
const echoed: PayloadShape = { kind: "text", bytes: 32, count: 64, event: "msg" };
const published: PayloadShape = { kind: "text", bytes: 64, count: 64, event: "news" };

let generator: string;
let server: ServerProcess;

/** Socket.IO itself: what the generator demands has to be what it does. */
beforeAll(async () => {
  const quiet = (): void => {};
  generator = compile("generator", quiet);
  const contender = prepareContender("socket.io", "socket.io", process.execPath, quiet);
  if (typeof contender === "string") throw new Error(contender);
  server = await ServerProcess.start(contender, { core: -1 });
});
afterEach(stopTamperers);
afterAll(() => server.stop());

interface Options {
  readonly port: number;
  readonly shape: PayloadShape;
}

function run(
  mode: string,
  { port = server.port, shape = echoed }: Partial<Options> = {},
): Promise<GeneratorReport> {
  return runGenerator({
    program: generator,
    cores,
    serverPid: server.pid,
    flags: {
      level: "socket.io",
      mode,
      port,
      payload: writePayloads(cacheFolder(), shape),
      "payload-bytes": wireBytesOf(shape),
      keys: writeKeys(cacheFolder()),
      connections: 4,
      "in-flight": 3,
      "warm-up-ms": 0,
      "window-ms": 20_000,
      "max-messages": 2_000,
    },
  });
}

/** A way to the server on which what matches first is replaced, whatever else is in the chunk. */
function replacing(from: string, to: string): Promise<number> {
  return startTamperer(server.port, (chunk) =>
    Buffer.from(chunk.toString("latin1").replace(from, to), "latin1"),
  );
}

describe("the load generator, at Socket.IO's level", () => {
  test.each([
    ["echo", echoed],
    ["fanout", published],
    ["handshake", echoed],
    ["polling", echoed],
  ])("counts what comes back: %s", async (mode, shape) => {
    const report = await run(mode, { shape });
    expect(report.messages).toBeGreaterThanOrEqual(50);
    expect(report.windowNs).toBeLessThan(20e9);
    expect(report.serverCpuNs).toBeGreaterThan(0);
    expect(report.p99Ns).toBeGreaterThanOrEqual(report.p50Ns);
  });

  test.each(["echo", "polling"])("sees one wrong character: %s", async (mode) => {
    const port = await replacing("words", "wOrds");
    await expect(run(mode, { port })).rejects.toThrow(/wrong bytes/);
  });

  test.each(["echo", "handshake", "polling"])("sees a wrong first packet: %s", async (mode) => {
    const port = await replacing('0{"sid"', '0{"sod"');
    await expect(run(mode, { port })).rejects.toThrow(/packet 0 was expected/);
  });

  test.each(["echo", "handshake", "polling"])("sees that CONNECT is refused: %s", async (mode) => {
    const port = await replacing('40{"sid"', '44{"sid"');
    await expect(run(mode, { port })).rejects.toThrow(/packet 40 was expected/);
  });

  test("sees that a polling request is refused", async () => {
    const port = await replacing("HTTP/1.1 200", "HTTP/1.1 400");
    await expect(run("polling", { port })).rejects.toThrow(/refused: HTTP\/1.1 400/);
  });

  test("sees a polling answer that is longer than it says", async () => {
    const port = await startTamperer(server.port, (chunk) =>
      Buffer.concat([chunk, Buffer.from("x")]),
    );
    await expect(run("polling", { port })).rejects.toThrow(/bytes behind a response/);
  });
});
