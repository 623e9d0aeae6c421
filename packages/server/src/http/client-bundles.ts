import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import type { IncomingMessage, ServerResponse } from "node:http";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { chooseEncoding, compressBody, type Encoding } from "./compression.ts";

const bundles: ReadonlySet<string> = new Set([
  "socket.io.js",
  "socket.io.min.js",
  "socket.io.esm.min.js",
  "socket.io.msgpack.min.js",
]);

/** The file of a client that a path under the server's own names; undefined if it names none. */
export function bundleNameOf(target: string, path: string): string | undefined {
  if (!target.startsWith(`${path}/`)) return undefined;
  const name = target.slice(path.length + 1).split("?", 1)[0] ?? "";
  return bundles.has(name.replace(/\.map$/, "")) ? name : undefined;
}

/** One file, and what was made of it. */
interface Bundle {
  readonly body: Buffer;
  readonly etag: string;
  readonly compressed: Map<Encoding, Promise<Buffer>>;
}

/**
 * Serves the client's bundles where pages expect them: `/socket.io/socket.io.js` and the others.
 * They come from the package `socket.io-client`, if the application has it installed.
 */
export class ClientBundles {
  private readonly loaded = new Map<string, Promise<Bundle | null>>();

  /** Answers a request for a bundle; its name is one that `bundleNameOf` gave. */
  async serve(name: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
    let loading = this.loaded.get(name);
    if (loading === undefined) {
      loading = load(name);
      this.loaded.set(name, loading);
    }
    const bundle = await loading;
    if (bundle === null) {
      const body =
        "The client's bundle is not installed: run `npm install socket.io-client` beside the server, " +
        "or load it from a CDN.";
      response.writeHead(404, { "Content-Type": "text/plain; charset=utf-8" });
      response.end(body);
      return;
    }
    const type = name.endsWith(".map") ? "application/json" : "application/javascript";
    response.setHeader("Cache-Control", "public, max-age=0");
    response.setHeader("Content-Type", `${type}; charset=utf-8`);
    response.setHeader("ETag", bundle.etag);
    response.setHeader("Vary", "Accept-Encoding");
    if (matches(request.headers["if-none-match"], bundle.etag)) {
      response.writeHead(304);
      response.end();
      return;
    }
    const encoding = chooseEncoding(request, ["br", "gzip", "deflate"]);
    const body = encoding === undefined ? bundle.body : await compressed(bundle, encoding);
    if (encoding !== undefined) response.setHeader("Content-Encoding", encoding);
    response.setHeader("Content-Length", body.length);
    response.writeHead(200);
    response.end(request.method === "HEAD" ? undefined : body);
  }
}

function compressed(bundle: Bundle, encoding: Encoding): Promise<Buffer> {
  let body = bundle.compressed.get(encoding);
  if (body === undefined) {
    body = compressBody(bundle.body, encoding);
    bundle.compressed.set(encoding, body);
  }
  return body;
}

async function load(name: string): Promise<Bundle | null> {
  // As the application would find it; and as we would, where workspaces hoist.
  for (const from of [join(process.cwd(), "package.json"), import.meta.url]) {
    let manifest: string;
    try {
      manifest = createRequire(from).resolve("socket.io-client/package.json");
    } catch {
      continue;
    }
    try {
      const body = await readFile(join(dirname(manifest), "dist", name));
      const hash = createHash("sha1").update(body).digest("base64url");
      return { body, etag: `"${hash}"`, compressed: new Map() };
    } catch {
      return null;
    }
  }
  return null;
}

/** Strong or weak, one or a list (RFC 9110 §13.1.2). */
function matches(header: string | undefined, etag: string): boolean {
  if (header === undefined) return false;
  return header
    .split(",")
    .some((each) => each.trim() === "*" || each.trim().replace(/^W\//, "") === etag);
}
