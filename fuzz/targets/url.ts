import type { ClientRequest } from "node:http";
import { Duplex } from "node:stream";
import { WebSocket } from "@openline/websocket";
import { WebSocket as WsWebSocket } from "ws";
import type { Random } from "../engine/random.ts";
import { bytesOf, type Target, textOf } from "../engine/target.ts";
import { same, Violation } from "../engine/violation.ts";

const parts = [
  ...["ws://", "wss://", "http://", "https://", "ws+unix://", "wss+unix:", "ftp://", "//", "ws:"],
  ...["example.com", "user:pa%20ss@", "[::1]", "127.1", "xn--n3h", "a%0d%0ab", "☃", ":80", ":443"],
  ...[
    "/",
    "/path",
    "?query=1",
    "#",
    "#x",
    "/%0d%0aX:1",
    "/..",
    "\\",
    "\t",
    "\n",
    " ",
    "%",
    "@",
    ":",
  ],
];

/** The address of a client, up to the request that it would send. */
export const targetUrls: Target = {
  name: "target-urls",
  about:
    "`new WebSocket(address)`: throws a SyntaxError or nothing, and sends a request to the same host, with the same path and fields, as `ws` would; no address can add a header field",
  sources: /websocket\/src\/client\/(target|request|opening|credentials)\.ts/,
  maxBytes: 400,
  shortExecutions: 5000,
  dictionary: parts.map(bytesOf),
  examples: [
    "ws://example.com",
    "wss://user:pass@example.com:8443/path?query",
    "http://[::1]:80/",
    "ws+unix:///tmp/socket:/path?a=b",
    "ws://example.com/#fragment",
  ].map(bytesOf),
  generate: (random: Random) =>
    bytesOf(
      random.pick(parts.slice(0, 9)) +
        Array.from({ length: random.between(1, 4) }, () => random.pick(parts)).join(""),
    ),
  run(input) {
    const address = textOf(input);
    const ours = requestOf((options) => new WebSocket(address, options));
    // Ours alone: TLS over a Unix socket.
    if (isTlsOverUnix(address)) return "wss+unix";
    // The types of ws know of net sockets alone.
    const theirs = requestOf((options) => new WsWebSocket(address, options as object));
    same("ws makes another request", ours, theirs);
    return ours.startsWith("ws") ? "requested" : ours;
  },
};

/** What both clients have that is needed here. */
interface Client {
  readonly url: string;
  on(event: "error", listener: () => void): unknown;
}

interface Options {
  readonly finishRequest: (request: ClientRequest) => void;
  readonly createConnection: () => Duplex;
}

/** What the client would ask for, in words; the error's name where it does not get so far. */
function requestOf(open: (options: Options) => Client): string {
  let request = "";
  const finishRequest = (made: ClientRequest): void => {
    made.on("error", () => {});
    const fields = ["host", "authorization"].map(
      (name) => `${name}=${String(made.getHeader(name))}`,
    );
    if (/[\r\n\0 ]/.test(made.path)) throw new Violation("a path breaks its line", made.path);
    request = [made.protocol, made.host, made.path, ...fields].join(" ");
    made.destroy();
  };
  try {
    const socket = open({ finishRequest, createConnection: deadEnd });
    socket.on("error", () => {});
    return `${socket.url} ${request}`;
  } catch (error) {
    if (error instanceof SyntaxError) return "SyntaxError";
    // Node refuses characters that a path must not have.
    if (error instanceof TypeError && "code" in error) return String(error.code);
    throw error;
  }
}

function isTlsOverUnix(address: string): boolean {
  try {
    return new URL(address).protocol === "wss+unix:";
  } catch {
    return false;
  }
}

/** Nothing leaves this process. */
function deadEnd(): Duplex {
  return new Duplex({ read() {}, write: (_chunk, _encoding, done) => done() });
}
