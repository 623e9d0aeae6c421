import { createHash } from "node:crypto";
import { HandshakeError } from "@openline/protocol/errors";
import {
  acceptKey,
  type ClientHandshake,
  createHandshake,
  formatSwitchingProtocols,
  parseAuthority,
  readHandshake,
  verifyHandshake,
} from "@openline/protocol/websocket";
import type { Random } from "../engine/random.ts";
import { bytesOf, type Target, textOf } from "../engine/target.ts";
import { check, same } from "../engine/violation.ts";
import { wsExtensions, wsSubprotocols } from "../reference/ws.ts";
import { extensionList, subprotocolList } from "./grammar.ts";
import { listHas, type Message, readMessage } from "./handshake-text.ts";

const KEY = "dGhlIHNhbXBsZSBub25jZQ==";
const ACCEPT = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";
const GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
const sources =
  /protocol\/src\/(websocket\/(handshake|token|extensions|origin)|bytes\/(base64|sha1))\.ts/;

const dictionary = [
  ...["\nUpgrade: websocket", "\nConnection: Upgrade", "\nConnection: keep-alive, Upgrade"],
  ...[`\nSec-WebSocket-Key: ${KEY}`, "\nSec-WebSocket-Version: 13", "\nHost: example.com"],
  ...["\nSec-WebSocket-Protocol: chat", "\nSec-WebSocket-Extensions: permessage-deflate"],
  ...[`\nSec-WebSocket-Accept: ${ACCEPT}`, "\nconstructor: a", "\n__proto__: a", "=", "==", ","],
  ...["13", "8", "7", "013", "GET", "1.0", "1.1", "\n", ": ", "\t", "\0", "\x80", "\xff"],
].map(bytesOf);

const request = [
  "GET 1.1",
  "Host: example.com:8080",
  "Upgrade: websocket",
  "Connection: keep-alive, Upgrade",
  `Sec-WebSocket-Key: ${KEY}`,
  "Sec-WebSocket-Version: 13",
];
const response = [
  "101",
  "Upgrade: websocket",
  "Connection: Upgrade",
  `Sec-WebSocket-Accept: ${ACCEPT}`,
];

/** `METHOD version`, then a header field a line. */
export const requests: Target = {
  name: "requests",
  about:
    "`readHandshake`: refuses with a HandshakeError alone, exactly what a plain reading of RFC 6455 §4.2.1 refuses; finds no inherited fields; what it accepts can be answered, and `verifyHandshake` accepts the answer",
  sources,
  maxBytes: 3000,
  shortExecutions: 30_000,
  dictionary,
  examples: [
    request.join("\n"),
    [...request, "Sec-WebSocket-Protocol: a, b", "Sec-WebSocket-Extensions: x"].join("\n"),
    [...request, "Sec-WebSocket-Protocol: a", "Sec-WebSocket-Protocol: b"].join("\n"),
    request.join("\n").replace("13", "8"),
    "POST 1.0\nconstructor: x",
  ].map(bytesOf),
  generate: (random: Random) => bytesOf(generated(random, request)),
  work: (input) =>
    void refusalOf(() => read(readMessage(`${request.join("\n")}\nConnection:${textOf(input)}`))),
  run(input) {
    const message = readMessage(textOf(input));
    const { result, status } = refusalOf(() => read(message));
    const expected = expectedStatus(message);
    same("a plain reading of the RFC says otherwise", String(status), String(expected));
    if (result === null) return `refused ${status}`;
    same("the key is not the request's", result.key, message.joined["sec-websocket-key"] ?? "");
    checkAnswerable(result);
    return `accepted ${Math.min(2, result.protocols.size)} ${result.extensions === undefined}`;
  },
};

/** The status, then a header field a line; a first field `Asked` says which subprotocols were. */
export const responses: Target = {
  name: "responses",
  about:
    "`verifyHandshake`: refuses with a HandshakeError of the response's status alone, exactly what a plain reading of RFC 6455 §4.1 refuses",
  sources,
  maxBytes: 3000,
  shortExecutions: 30_000,
  dictionary,
  examples: [
    response.join("\n"),
    [...response, "Asked: a,b", "Sec-WebSocket-Protocol: b"].join("\n"),
    [...response, "Asked: a"].join("\n"),
    [...response, "Offer: permessage-deflate", "Sec-WebSocket-Extensions: permessage-deflate"].join(
      "\n",
    ),
    [...response, "Sec-WebSocket-Extensions: permessage-deflate"].join("\n"),
    "404\nUpgrade: websocket",
  ].map(bytesOf),
  generate: (random: Random) => bytesOf(generated(random, response)),
  run(input) {
    const { first, headers, joined } = readMessage(textOf(input));
    const status = Number(first[0]) || 0;
    const protocols = new Set((joined.asked ?? "").split(",").filter((name) => name !== ""));
    const offer = joined.offer === undefined ? undefined : "permessage-deflate, x";
    const expected = { key: KEY, protocols, extensions: offer };
    const outcome = refusalOf(() => verifyHandshake({ status, headers }, expected));
    const isGood = status === 101 && isGoodAnswer(joined, protocols, offer);
    same(
      "a plain reading of the RFC says otherwise",
      String(outcome.result !== null),
      String(isGood),
    );
    if (outcome.result === null) {
      check(outcome.status === status, "the refusal has another status than the response");
      return "refused";
    }
    same(
      "the subprotocol is another",
      outcome.result.protocol,
      joined["sec-websocket-protocol"] ?? "",
    );
    return `accepted ${outcome.result.protocol === ""} ${outcome.result.extensions.size}`;
  },
};

function generated(random: Random, lines: readonly string[]): string {
  const all = lines.filter(() => random.chance(0.97));
  if (random.chance(0.4)) all.push(`Sec-WebSocket-Protocol: ${subprotocolList(random)}`);
  if (random.chance(0.4)) all.push(`Sec-WebSocket-Extensions: ${extensionList(random)}`);
  if (random.chance(0.3)) all.push(`Asked: ${subprotocolList(random)}`);
  if (random.chance(0.3)) all.push("Offer: yes");
  if (random.chance(0.1)) all.push(random.pick(all));
  return all.join("\n");
}

function read({ first, headers }: Message): ClientHandshake {
  return readHandshake(first[0] ?? "", headers, first[1]);
}

function refusalOf<T extends object>(act: () => T): { result: T | null; status: number } {
  try {
    return { result: act(), status: 0 };
  } catch (error) {
    if (!(error instanceof HandshakeError)) throw error;
    for (const [name, value] of Object.entries(error.headers)) {
      check(/^[A-Za-z-]+$/.test(name) && /^[\w ]+$/.test(value), "a refusal repeats what came");
    }
    return { result: null, status: error.status };
  }
}

/** RFC 6455 §4.2.1 in other words than the code that it checks; 0 to accept. */
function expectedStatus({ first, joined }: Message): number {
  if (first[0] !== "GET") return 405;
  if (first[1] === "1.0" || first[1] === "0.9") return 400;
  if (joined.upgrade?.toLowerCase() !== "websocket") return 400;
  if (!listHas(joined.connection, "upgrade")) return 400;
  if (parseAuthority(joined.host ?? "") === null) return 400;
  if (!/^[A-Za-z0-9+/]{22}==$/.test(joined["sec-websocket-key"] ?? "")) return 400;
  const version = joined["sec-websocket-version"];
  if (version !== "13") return version === undefined ? 400 : 426;
  const protocols = joined["sec-websocket-protocol"];
  return protocols === undefined || isAccepted(() => wsSubprotocols.parse(protocols)) ? 0 : 400;
}

function isGoodAnswer(
  joined: Readonly<Record<string, string>>,
  protocols: ReadonlySet<string>,
  offer: string | undefined,
): boolean {
  const protocol = joined["sec-websocket-protocol"];
  const extensions = joined["sec-websocket-extensions"];
  return (
    joined.upgrade?.toLowerCase() === "websocket" &&
    listHas(joined.connection, "upgrade") &&
    joined["sec-websocket-accept"] === ACCEPT &&
    (protocol === undefined ? protocols.size === 0 : protocols.has(protocol)) &&
    (extensions === undefined || (offer !== undefined && isSubset(extensions)))
  );
}

function isSubset(extensions: string): boolean {
  try {
    return Object.keys(wsExtensions.parse(extensions)).every(
      (name) => name === "permessage-deflate" || name === "x",
    );
  } catch {
    return false;
  }
}

function isAccepted(parse: () => unknown): boolean {
  try {
    parse();
    return true;
  } catch {
    return false;
  }
}

/** What a server that accepts goes on to do, and what the client makes of it. */
function checkAnswerable({ key, protocols, extensions }: ClientHandshake): void {
  const accept = acceptKey(key);
  same(
    "the accepting key is wrong",
    accept,
    createHash("sha1")
      .update(key + GUID)
      .digest("base64"),
  );
  const [protocol] = protocols;
  const lines = formatSwitchingProtocols(accept, protocol, undefined);
  check(
    lines.every((line) => /^[\x20-\x7e]*$/.test(line)),
    "an answer has characters that no header has",
    () => lines.join(),
  );
  const { headers } = readMessage(lines.join("\n"));
  const expected = { key, protocols, extensions };
  const answer = verifyHandshake({ status: 101, headers }, expected);
  same("the client understands another subprotocol", answer.protocol, protocol ?? "");
  const fields = createHandshake({ key, protocols: [...protocols], extensions });
  const again = { host: "a", ...lowerCase(fields) };
  const second = readHandshake("GET", again);
  same(
    "a request changes when written and read",
    [...second.protocols].join(),
    [...protocols].join(),
  );
}

function lowerCase(fields: Record<string, string>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [name.toLowerCase(), value]),
  );
}
