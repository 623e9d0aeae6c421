import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, request, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { answerFile } from "./answer-file.ts";
import { readFiles } from "./site-files.ts";

let server: Server;
let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "site-"));
  mkdirSync(join(folder, "site/assets"), { recursive: true });
  writeFileSync(join(folder, "secret.txt"), "secret");
  writeFileSync(join(folder, "site/index.html"), "<!doctype html><title>home</title>".repeat(20));
  writeFileSync(join(folder, "site/wire.html"), "wire");
  writeFileSync(join(folder, "site/assets/app-1a2b.js"), "let a");
  const files = readFiles(join(folder, "site"));
  server = createServer((asked, response) => answerFile(files, asked, response));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
});

afterAll(() => {
  server.close();
  rmSync(folder, { recursive: true });
});

/** Not `fetch`, which tidies paths up before they reach the server. */
async function get(
  path: string,
  headers: Record<string, string> = {},
  method = "GET",
): Promise<IncomingMessage & { text: string }> {
  const { port } = server.address() as AddressInfo;
  const asked = request({ host: "127.0.0.1", port, path, headers, method }).end();
  const [response] = (await once(asked, "response")) as [IncomingMessage];
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  return Object.assign(response, { text: Buffer.concat(chunks).toString() });
}

test("pages have their type, and an address without .html", async () => {
  expect((await get("/")).headers["content-type"]).toBe("text/html; charset=utf-8");
  expect((await get("/wire?x=1")).text).toBe("wire");
  const script = await get("/assets/app-1a2b.js");
  expect(script.headers["content-type"]).toBe("text/javascript; charset=utf-8");
  expect(script.headers["cache-control"]).toContain("immutable");
  expect(script.headers["x-content-type-options"]).toBe("nosniff");
});

test("what the browser has already is not sent again", async () => {
  const first = await get("/");
  const again = await get("/", { "If-None-Match": String(first.headers.etag) });
  expect(again.statusCode).toBe(304);
  expect(again.text).toBe("");
  const changed = await get("/", { "If-None-Match": '"another"' });
  expect(changed.statusCode).toBe(200);
});

test("text is compressed for those who can read it, under a tag of its own", async () => {
  const plain = await get("/");
  const gzipped = await get("/", { "Accept-Encoding": "br, gzip" });
  expect(gzipped.headers["content-encoding"]).toBe("gzip");
  expect(gzipped.headers.etag).not.toBe(plain.headers.etag);
  const refused = await get("/", { "Accept-Encoding": "gzip;q=0" });
  expect(refused.headers["content-encoding"]).toBeUndefined();
});

test.each(["/../secret.txt", "/%2e%2e/secret.txt", "/..%2fsecret.txt", "/assets/../../secret.txt"])(
  "nothing outside of the site is reached by %s",
  async (path) => {
    const response = await get(path);
    expect(response.statusCode).toBe(404);
    expect(response.text).not.toContain("secret");
  },
);

test("HEAD has no body, and other methods are refused", async () => {
  const head = await get("/", {}, "HEAD");
  expect(head.statusCode).toBe(200);
  expect(head.text).toBe("");
  const post = await get("/", {}, "POST");
  expect(post.statusCode).toBe(405);
  expect(post.headers.allow).toBe("GET, HEAD");
});
