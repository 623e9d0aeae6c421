import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type IncomingHttpHeaders, request } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { brotliDecompressSync, gunzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { bundleNameOf, ClientBundles } from "./client-bundles.ts";

interface Answer {
  readonly status: number | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

const code = `/* code */ ${"let it be long; ".repeat(200)}`;
let folder: string;
const cleanups: (() => unknown)[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "openline-bundles-"));
  cleanups.push(() => rmSync(folder, { recursive: true }));
});

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** Serves one bundle at every path; errors are answered with 500. */
async function serve(bundles: ClientBundles, name = "socket.io.js"): Promise<number> {
  const server = createServer((incoming, response) => {
    bundles.serve(name, incoming, response).catch(() => response.writeHead(500).end());
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  cleanups.push(() => server.close());
  return (server.address() as AddressInfo).port;
}

async function ask(
  port: number,
  headers: Record<string, string> = {},
  method = "GET",
): Promise<Answer> {
  const sent = request({ port, host: "127.0.0.1", headers, method, agent: false }).end();
  const [response] = await once(sent, "response");
  const chunks: Buffer[] = await response.toArray();
  return { status: response.statusCode, headers: response.headers, body: Buffer.concat(chunks) };
}

describe("the name of a bundle", () => {
  test.each([
    ["/socket.io/socket.io.js", "socket.io.js"],
    ["/socket.io/socket.io.esm.min.js.map?v=1", "socket.io.esm.min.js.map"],
    ["/socket.io/", undefined],
    ["/socket.io/package.json", undefined],
    ["/socket.io/../socket.io.js", undefined],
    ["/socket.io/socket.io.js.map.map", undefined],
    ["/other/socket.io.js", undefined],
  ])("of %s is %s", (target, name) => {
    expect(bundleNameOf(target, "/socket.io")).toBe(name);
  });
});

describe("a bundle", () => {
  test("is sent whole, with its length", async () => {
    writeFileSync(join(folder, "socket.io.js"), code);
    const port = await serve(new ClientBundles(() => folder));
    const { status, headers, body } = await ask(port);
    expect([status, body.toString()]).toEqual([200, code]);
    expect(headers).toMatchObject({
      "content-type": "application/javascript; charset=utf-8",
      "content-length": String(code.length),
      vary: "Accept-Encoding",
    });
  });

  test("is compressed by what its reader prefers, and says so", async () => {
    writeFileSync(join(folder, "socket.io.js"), code);
    const port = await serve(new ClientBundles(() => folder));
    const brotli = await ask(port, { "accept-encoding": "gzip;q=0.5, br" });
    expect(brotli.headers["content-encoding"]).toBe("br");
    expect(brotliDecompressSync(brotli.body).toString()).toBe(code);
    const gzip = await ask(port, { "accept-encoding": "gzip, br;q=0" });
    expect(gzip.headers["content-encoding"]).toBe("gzip");
    expect(gunzipSync(gzip.body).toString()).toBe(code);
  });

  test("has headers alone for HEAD", async () => {
    writeFileSync(join(folder, "socket.io.js"), code);
    const port = await serve(new ClientBundles(() => folder));
    const got = await ask(port, { "accept-encoding": "br" });
    const head = await ask(port, { "accept-encoding": "br" }, "HEAD");
    expect([head.status, head.body.length]).toEqual([200, 0]);
    expect(head.headers["content-length"]).toBe(String(got.body.length));
    expect(head.headers.etag).toBe(got.headers.etag);
  });

  test.each([
    (etag: string) => etag,
    (etag: string) => `W/${etag}`,
    (etag: string) => `"other", ${etag}`,
    () => "*",
  ])("is not sent to who has it: %o", async (condition) => {
    writeFileSync(join(folder, "socket.io.js"), code);
    const port = await serve(new ClientBundles(() => folder));
    const { headers } = await ask(port);
    const again = await ask(port, { "if-none-match": condition(headers.etag ?? "") });
    expect([again.status, again.body.length]).toEqual([304, 0]);
    expect(again.headers.etag).toBe(headers.etag);
  });

  test("has another tag when its code is another", async () => {
    writeFileSync(join(folder, "socket.io.js"), code);
    const first = await ask(await serve(new ClientBundles(() => folder)));
    writeFileSync(join(folder, "socket.io.js"), `${code};`);
    const second = await ask(await serve(new ClientBundles(() => folder)));
    expect(second.headers.etag).not.toBe(first.headers.etag);
  });

  test("that is not there is 404 with what to do, until it is", async () => {
    const port = await serve(new ClientBundles(() => folder));
    const missing = await ask(port);
    expect(missing.status).toBe(404);
    expect(missing.body.toString()).toContain("npm run build");
    writeFileSync(join(folder, "socket.io.js"), code);
    expect((await ask(port)).status).toBe(200);
  });

  test("is 404 where there is no client beside the server", async () => {
    expect((await ask(await serve(new ClientBundles(() => null)))).status).toBe(404);
  });

  test("that cannot be read is an error for who serves it", async () => {
    const port = await serve(new ClientBundles(() => folder), "");
    expect((await ask(port)).status).toBe(500);
  });
});
