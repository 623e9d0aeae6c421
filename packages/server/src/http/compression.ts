import type { IncomingMessage } from "node:http";
import { promisify } from "node:util";
import { type BrotliOptions, brotliCompress, deflate, gzip, type ZlibOptions } from "node:zlib";
import Negotiator from "negotiator";

/** How polling answers are compressed. */
export interface HttpCompressionOptions extends ZlibOptions {
  /** Bytes below which it is not worth it. Default 1,024. */
  threshold?: number | undefined;
}

export type Encoding = "br" | "gzip" | "deflate";

const compressBrotli: (body: Uint8Array, options: BrotliOptions) => Promise<Buffer> =
  promisify(brotliCompress);
const compressGzip: (body: Uint8Array, options: ZlibOptions) => Promise<Buffer> = promisify(gzip);
const compressDeflate: (body: Uint8Array, options: ZlibOptions) => Promise<Buffer> =
  promisify(deflate);

/** The best encoding that a request accepts among those offered; undefined for none. */
export function chooseEncoding(
  request: IncomingMessage,
  offered: readonly Encoding[],
): Encoding | undefined {
  if (request.headers["accept-encoding"] === undefined) return undefined;
  const chosen = new Negotiator(request).encodings([...offered, "identity"])[0];
  return offered.find((encoding) => encoding === chosen);
}

export function compressBody(
  body: Uint8Array,
  encoding: Encoding,
  options: ZlibOptions = {},
): Promise<Buffer> {
  if (encoding === "br") return compressBrotli(body, {});
  return encoding === "gzip" ? compressGzip(body, options) : compressDeflate(body, options);
}
