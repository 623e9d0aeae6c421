import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { extname, join, relative, sep } from "node:path";
import { gzipSync } from "node:zlib";

/** One file of the site, ready to be sent. */
export interface SiteFile {
  readonly bytes: Buffer;
  /** Undefined where compressing does not pay. */
  readonly gzipped: Buffer | undefined;
  readonly type: string;
  readonly etag: string;
  /** Its name changes with its content. */
  readonly isImmutable: boolean;
}

const types: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".json": "application/json",
  ".map": "application/json",
  ".svg": "image/svg+xml",
  ".png": "image/png",
  ".ico": "image/x-icon",
  ".woff2": "font/woff2",
  ".txt": "text/plain; charset=utf-8",
};

const compressible = /^(text\/|application\/json|image\/svg)/;

/**
 * Reads all files below `folder` into memory, by the path that they are asked for.
 *
 * A path that is not in the map does not exist, so that no request can climb out of the folder.
 *
 * @throws Error if the folder is not there
 */
export function readFiles(folder: string): Map<string, SiteFile> {
  if (!existsSync(folder)) {
    throw new Error(`The pages are not built (${folder} is missing). Run: npm run build`);
  }
  const files = new Map<string, SiteFile>();
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const file = join(entry.parentPath, entry.name);
    const path = `/${relative(folder, file).split(sep).join("/")}`;
    for (const alias of pathsOf(path)) files.set(alias, readSiteFile(file, path));
  }
  return files;
}

/** `/index.html` is also `/`, and `/wire.html` also `/wire`. */
function pathsOf(path: string): string[] {
  if (!path.endsWith(".html")) return [path];
  const bare = path.slice(0, -".html".length);
  return [path, bare.endsWith("/index") ? bare.slice(0, -"index".length) : bare];
}

function readSiteFile(file: string, path: string): SiteFile {
  const bytes = readFileSync(file);
  const type = types[extname(file)] ?? "application/octet-stream";
  const gzipped = compressible.test(type) ? gzipSync(bytes, { level: 9 }) : undefined;
  return {
    bytes,
    gzipped: gzipped !== undefined && gzipped.length < bytes.length ? gzipped : undefined,
    type,
    etag: createHash("sha256").update(bytes).digest("base64url").slice(0, 22),
    isImmutable: path.startsWith("/assets/"),
  };
}
