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
 * They are those of `@openline/client`, which is installed with us.
 */
export class ClientBundles {
  private readonly findFolder: () => string | null;
  private readonly loaded = new Map<string, Promise<Bundle | null>>();

  /** `findFolder` tells where the bundles are; null: nowhere. It is asked when one is wanted. */
  constructor(findFolder: () => string | null = findBundlesFolder) {
    this.findFolder = findFolder;
  }

  /** Answers a request for a bundle; its name is one that `bundleNameOf` gave. */
  async serve(name: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const bundle = await this.load(name);
    if (bundle === null) {
      response.writeHead(404, { "Content-Type": "text/plain; charset=utf-8" });
      response.end(
        "The client's bundle is not there. It is a part of the package @openline/client, which must be " +
          "installed beside the server; in our repository `npm run build` makes it.",
      );
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

  private async load(name: string): Promise<Bundle | null> {
    const loading = this.loaded.get(name) ?? read(this.findFolder(), name);
    this.loaded.set(name, loading);
    let bundle: Bundle | null = null;
    try {
      bundle = await loading;
    } finally {
      // It may come to be there.
      if (bundle === null) this.loaded.delete(name);
    }
    return bundle;
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

/** Null where the server was bundled into one file, and is alone. */
function findBundlesFolder(): string | null {
  try {
    const manifest = createRequire(import.meta.url).resolve("@openline/client/package.json");
    return join(dirname(manifest), "dist/bundles");
  } catch {
    return null;
  }
}

/** Null if there is no such file. */
async function read(folder: string | null, name: string): Promise<Bundle | null> {
  if (folder === null) return null;
  let body: Buffer;
  try {
    body = await readFile(join(folder, name));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw error;
  }
  const hash = createHash("sha1").update(body).digest("base64url");
  return { body, etag: `"${hash}"`, compressed: new Map() };
}

/** Strong or weak, one or a list (RFC 9110 §13.1.2). */
function matches(header: string | undefined, etag: string): boolean {
  if (header === undefined) return false;
  return header
    .split(",")
    .some((each) => each.trim() === "*" || each.trim().replace(/^W\//, "") === etag);
}
