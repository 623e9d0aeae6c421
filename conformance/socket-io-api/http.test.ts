import { request as httpRequest, type IncomingHttpHeaders } from "node:http";
import { brotliDecompressSync, gunzipSync, inflateSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { implementations, join, start } from "./fixture.ts";

const bundles = [
  "socket.io.js",
  "socket.io.min.js",
  "socket.io.esm.min.js",
  "socket.io.msgpack.min.js",
];

interface Answer {
  readonly status: number | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** Asks as is: `fetch` would decompress and ask for compression by itself. */
function ask(url: string, headers: Record<string, string> = {}, method = "GET"): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = httpRequest(url, { headers, method }, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("error", reject);
      response.on("end", () => {
        const { statusCode: status, headers: fields } = response;
        resolve({ status, headers: fields, body: Buffer.concat(chunks) });
      });
    });
    sent.on("error", reject);
    sent.end();
  });
}

describe.each(implementations)("what $name serves over HTTP", (implementation) => {
  test.each(bundles.flatMap((name) => [name, `${name}.map`]))("has %s", async (name) => {
    const { url } = await start(implementation);
    const { status, headers, body } = await ask(`${url}/socket.io/${name}`);
    expect(status).toBe(200);
    expect(headers).toMatchObject({
      "content-type": `application/${name.endsWith("map") ? "json" : "javascript"}; charset=utf-8`,
      "cache-control": "public, max-age=0",
      // Socket.IO's is the client's version, ours a hash.
      etag: expect.stringMatching(/^"[^"]+"$/),
    });
    if (name.endsWith("map")) JSON.parse(body.toString());
    else expect(body.toString()).toContain("sourceMappingURL=");
  });

  test.each(["", "W/"])("answers 304 to who has it by its tag, be it %s", async (weak) => {
    const { url } = await start(implementation);
    const { headers } = await ask(`${url}/socket.io/socket.io.js`);
    const answer = await ask(`${url}/socket.io/socket.io.js`, {
      "if-none-match": `${weak}${headers.etag}`,
    });
    expect([answer.status, answer.body.length]).toEqual([304, 0]);
    const other = await ask(`${url}/socket.io/socket.io.js`, { "if-none-match": '"0.0.0"' });
    expect(other.status).toBe(200);
  });

  test("answers HEAD as GET, without the bundle", async () => {
    const { url } = await start(implementation);
    const got = await ask(`${url}/socket.io/socket.io.min.js`);
    const { status, headers, body } = await ask(`${url}/socket.io/socket.io.min.js`, {}, "HEAD");
    expect([status, body.length]).toEqual([200, 0]);
    for (const name of ["etag", "content-type", "cache-control"]) {
      expect(headers[name]).toBe(got.headers[name]);
    }
  });

  const encodings = [
    { accepts: "gzip", chosen: "gzip", read: gunzipSync },
    { accepts: "deflate", chosen: "deflate", read: inflateSync },
    { accepts: "br", chosen: "br", read: brotliDecompressSync },
    { accepts: "identity", chosen: undefined, read: (body: Buffer) => body },
  ];

  test.each(encodings)("compresses for who accepts $accepts", async ({ accepts, chosen, read }) => {
    const { url } = await start(implementation);
    const plain = await ask(`${url}/socket.io/socket.io.min.js`);
    const answer = await ask(`${url}/socket.io/socket.io.min.js`, { "accept-encoding": accepts });
    expect(answer.headers["content-encoding"]).toBe(chosen);
    expect(read(answer.body).equals(plain.body)).toBe(true);
  });

  test("serves them under the path that is chosen, for other origins with cors", async () => {
    const options = { path: "/here", cors: { origin: "*" } };
    const { url } = await start(implementation, options, (_request, response) => {
      response.writeHead(404).end();
    });
    const { status, headers } = await ask(`${url}/here/socket.io.js?v=1`, {
      origin: "https://app.example.com",
    });
    expect([status, headers["access-control-allow-origin"]]).toEqual([200, "*"]);
    expect((await ask(`${url}/socket.io/socket.io.js`)).status).toBe(404);
  });

  test("serves none with serveClient false, and no other files", async () => {
    const without = await start(implementation, { serveClient: false });
    expect((await ask(`${without.url}/socket.io/socket.io.js`)).status).toBe(400);
    const { url } = await start(implementation);
    for (const name of ["package.json", "socket.io.ts", "..%2fpackage.json", "socket.io.js/x"]) {
      expect((await ask(`${url}/socket.io/${name}`)).status).toBe(400);
    }
  });

  describe("httpCompression", () => {
    /** The answer to a poll with a message of that length. */
    async function poll(
      options: Parameters<typeof start>[1],
      size: number,
      accepts: string,
    ): Promise<Answer> {
      const running = await start(implementation, options);
      const { url, io } = running;
      io.on("connection", (socket) => socket.emit("text", "x".repeat(size)));
      const path = `${url}/socket.io/?EIO=4&transport=polling`;
      const { body } = await ask(path);
      const { sid } = JSON.parse(body.toString().slice(1)) as { sid: string };
      await fetch(`${path}&sid=${sid}`, { method: "POST", body: "40" });
      const answer = await ask(`${path}&sid=${sid}`, { "accept-encoding": accepts });
      if (answer.body.includes("xxx") || answer.headers["content-encoding"]) return answer;
      // The answer to the CONNECT came alone.
      return ask(`${path}&sid=${sid}`, { "accept-encoding": accepts });
    }

    test.each([
      { accepts: "gzip", read: gunzipSync },
      { accepts: "deflate", read: inflateSync },
    ])("compresses long answers by $accepts", async ({ accepts, read }) => {
      const { headers, body } = await poll({}, 5_000, accepts);
      expect(headers["content-encoding"]).toBe(accepts);
      expect(read(body).toString()).toContain(`42["text","${"x".repeat(5_000)}"]`);
    });

    test("leaves alone what is below the threshold, or not wanted so", async () => {
      expect((await poll({}, 500, "gzip")).headers["content-encoding"]).toBeUndefined();
      expect((await poll({}, 5_000, "identity")).headers["content-encoding"]).toBeUndefined();
      const off = await poll({ httpCompression: false }, 5_000, "gzip");
      expect(off.headers["content-encoding"]).toBeUndefined();
      const low = await poll({ httpCompression: { threshold: 10 } }, 500, "gzip");
      expect(low.headers["content-encoding"]).toBe("gzip");
    });

    test("leaves alone what is sent with compress(false)", async () => {
      const running = await start(implementation);
      const encodings: unknown[] = [];
      const { socket, client } = await join(running, { transports: ["polling"] });
      running.io.engine.on("headers", (headers: Record<string, string>) => {
        encodings.push(headers["Content-Encoding"]);
      });
      client.on("text", (_text, answer) => answer());
      await new Promise((resolve) => {
        socket.compress(false).emit("text", "x".repeat(5_000), resolve);
      });
      expect(encodings.every((encoding) => encoding === undefined)).toBe(true);
    });
  });
});
