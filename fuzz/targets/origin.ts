import { HandshakeError } from "@openline/protocol/errors";
import {
  isOriginAllowed,
  isSameOrigin,
  normalizeOrigin,
  parseAuthority,
  readOriginList,
} from "@openline/protocol/websocket";
import type { Random } from "../engine/random.ts";
import { bytesOf, type Target, textOf } from "../engine/target.ts";
import { check, same } from "../engine/violation.ts";

const schemes = ["http", "https", "HTTP", "ws", "null", "file", "chrome-extension", ""];
const hosts = [
  ...["example.com", "EXAMPLE.com", "a.example.com", "example.com.evil.com", "localhost"],
  ...["app.localhost", "127.0.0.1", "127.1", "127.0.0.1.evil.com", "[::1]", "[::ffff:127.0.0.1]"],
  ...["192.168.0.1", "xn--nxasmq6b", "user@example.com", "example.com.", "evil-localhost"],
];
const ports = ["", ":80", ":443", ":8080", ":080", ":65536", ":", ":0", ":-1"];

/** Two lines: `Origin`, then `Host`. */
export const origins: Target = {
  name: "origins",
  about:
    "the origin policy with any `Origin` and `Host`: a page gets in by `same-origin` only if the URL parser of browsers sees the same host and port, or loopback on both sides; lists compare in one normal form; only a HandshakeError is thrown",
  sources: /protocol\/src\/websocket\/origin\.ts/,
  maxBytes: 700,
  shortExecutions: 40_000,
  dictionary: [
    ...schemes.map((s) => `${s}://`),
    ...hosts,
    ...ports,
    "\n",
    "/",
    "@",
    "#",
    "?",
    "%2e",
  ]
    .filter((word) => word !== "")
    .map(bytesOf),
  examples: [
    "http://example.com\nexample.com",
    "https://example.com:8443\nexample.com:8443",
    "http://localhost:5173\n127.0.0.1:3000",
    "null\nexample.com",
    "http://[::1]:80\n[::1]",
  ].map(bytesOf),
  generate: (random: Random) => bytesOf(`${origin(random)}\n${authority(random)}`),
  work(input) {
    const text = textOf(input);
    normalizeOrigin(text);
    normalizeOrigin(`http://${text}`);
    parseAuthority(text);
    parseAuthority(`[${text}`);
  },
  run(input) {
    const [origin = "", host = ""] = textOf(input).split("\n");
    checkNormalForm(origin);
    let outcome = "";
    for (const isEncrypted of [false, true]) {
      const isAllowed = ask(origin, host, isEncrypted);
      check(
        isSameOrigin(origin, host, isEncrypted) ? isAllowed === true : true,
        "a page of the same origin is kept out",
      );
      if (isAllowed === true) checkAllowed(origin, host);
      outcome += isAllowed === null ? "malformed host " : `${isAllowed} `;
    }
    check(isOriginAllowed("*", { origin, host, isEncrypted: false }), "* keeps somebody out");
    return outcome;
  },
};

function origin(random: Random): string {
  return random.chance(0.1) ? "null" : `${random.pick(schemes)}://${authority(random)}`;
}

function authority(random: Random): string {
  return random.pick(hosts) + random.pick(ports);
}

/** Null when `Host` is refused as malformed. */
function ask(origin: string, host: string, isEncrypted: boolean): boolean | null {
  try {
    return isOriginAllowed("same-origin", { origin, host, isEncrypted });
  } catch (error) {
    if (!(error instanceof HandshakeError) || error.status !== 400) throw error;
    check(parseAuthority(host) === null, "a good Host is called malformed", () => host);
    return null;
  }
}

/** By the URL parser: it is what decides which site a browser's user is on. */
function checkAllowed(origin: string, host: string): void {
  check(origin !== "null", "a page without an origin gets in");
  const page = urlOf(origin);
  const server = urlOf(`${page?.protocol ?? "http:"}//${host}`);
  // What is no URL is no page of a browser's.
  if (page === null || server === null) return;
  check(page.username === "" && page.password === "", "an origin with a user name gets in");
  const isLocal = isLoopbackUrl(page) && isLoopbackUrl(server);
  check(
    page.host === server.host || isLocal,
    "a page of another host gets in",
    () => `${origin} ${host}`,
  );
}

function checkNormalForm(origin: string): void {
  const normal = normalizeOrigin(origin);
  if (normal === null) {
    check(refusesList(origin), "a list takes what is not an origin", () => origin);
    return;
  }
  same("the normal form of an origin is not final", normal, normalizeOrigin(normal) ?? "null");
  check(readOriginList([origin]).has(normal), "a list does not hold its own entry", () => origin);
  const url = urlOf(origin);
  // Pages have other schemes, too, but a default port only in these.
  if (url === null || !/^https?:$/.test(url.protocol)) return;
  // The URL parser also rewrites numbers that are addresses (127.1), which browsers never send.
  if (url.hostname === normal.replace(/^.*?:\/\//, "").replace(/:\d+$/, "")) {
    same("the normal form is not the browser's", normal, url.origin);
  }
}

function refusesList(origin: string): boolean {
  try {
    readOriginList([origin]);
    return false;
  } catch (error) {
    if (error instanceof TypeError) return true;
    throw error;
  }
}

function urlOf(text: string): URL | null {
  try {
    return new URL(text);
  } catch {
    return null;
  }
}

function isLoopbackUrl({ hostname }: URL): boolean {
  return /^(localhost|.*\.localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(hostname);
}
