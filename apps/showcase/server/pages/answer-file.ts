import type { IncomingMessage, ServerResponse } from "node:http";
import { pathOf } from "../path-of.ts";
import type { SiteFile } from "./site-files.ts";

/** Nothing may run or load but what this site itself serves, and its supervisor. */
function policyFor(request: IncomingMessage, controlPort: number | undefined): string {
  return [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data:",
    `connect-src 'self'${supervisorOf(request, controlPort)}`,
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join("; ");
}

/** The supervisor as a source: on this host, under the name by which it was asked. */
function supervisorOf({ headers }: IncomingMessage, controlPort: number | undefined): string {
  const host = /^([\w.-]+|\[[\da-f:]+\])(:\d+)?$/i.exec(headers.host ?? "")?.[1];
  return controlPort === undefined || host === undefined ? "" : ` http://${host}:${controlPort}`;
}

/**
 * Answers a request from `files`: 200, 304 when the browser has it already, 404 or 405.
 *
 * @param controlPort another port of this host that pages may connect to
 */
export function answerFile(
  files: ReadonlyMap<string, SiteFile>,
  request: IncomingMessage,
  response: ServerResponse,
  controlPort?: number,
): void {
  response.setHeader("X-Content-Type-Options", "nosniff");
  response.setHeader("Referrer-Policy", "no-referrer");
  response.setHeader("Content-Security-Policy", policyFor(request, controlPort));
  if (request.method !== "GET" && request.method !== "HEAD") {
    response.setHeader("Allow", "GET, HEAD");
    answerText(response, 405, "Only GET and HEAD are answered here.\n");
    return;
  }
  const file = files.get(pathOf(request));
  if (file === undefined) {
    answerText(response, 404, "There is nothing at this address.\n");
    return;
  }

  const isGzipped = file.gzipped !== undefined && acceptsGzip(request);
  // Two bodies are two representations: each has a tag of its own (RFC 9110 §8.8.3.3).
  const etag = `"${file.etag}${isGzipped ? "-gzip" : ""}"`;
  response.setHeader("ETag", etag);
  response.setHeader("Vary", "Accept-Encoding");
  response.setHeader(
    "Cache-Control",
    file.isImmutable ? "public, max-age=31536000, immutable" : "no-cache",
  );
  if (isKnown(request, etag)) {
    response.writeHead(304).end();
    return;
  }
  const body = isGzipped && file.gzipped !== undefined ? file.gzipped : file.bytes;
  response.setHeader("Content-Type", file.type);
  response.setHeader("Content-Length", body.length);
  if (isGzipped) response.setHeader("Content-Encoding", "gzip");
  response.writeHead(200).end(request.method === "HEAD" ? undefined : body);
}

function answerText(response: ServerResponse, status: number, text: string): void {
  response.setHeader("Content-Type", "text/plain; charset=utf-8");
  response.writeHead(status).end(text);
}

function acceptsGzip(request: IncomingMessage): boolean {
  return /(^|[\s,])gzip(?!\s*;\s*q=0(\.0*)?\s*(,|$))/i.test(
    String(request.headers["accept-encoding"] ?? ""),
  );
}

/** Whether If-None-Match names the tag (RFC 9110 §13.1.2: compared weakly). */
function isKnown(request: IncomingMessage, etag: string): boolean {
  const known = request.headers["if-none-match"];
  if (known === undefined) return false;
  return known.split(",").some((each) => {
    const tag = each.trim().replace(/^W\//, "");
    return tag === "*" || tag === etag;
  });
}
