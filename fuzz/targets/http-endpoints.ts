import { createServer, type Server as HttpServer } from "node:http";
import { codes, Server } from "openline";
import { metrics } from "openline/metrics";
import { inTime } from "../engine/deadline.ts";
import type { Random } from "../engine/random.ts";
import { bytesOf, type Target, textOf } from "../engine/target.ts";
import { check } from "../engine/violation.ts";
import { MemorySocket } from "./memory-socket.ts";

const KEY = "0123456789abcdef-key";
/** Stands for the id of a session that is open. */
const SID = "<sid>";
const API = "/openline/v1";
const ENGINE = "/socket.io/?EIO=4&transport=polling";

const requests = [
  `GET ${ENGINE}\n`,
  `GET ${ENGINE}&sid=${SID}\n`,
  `POST ${ENGINE}&sid=${SID}\nContent-Type: text/plain\n\n40`,
  `POST ${ENGINE}&sid=${SID}\n\n42["e",1]\x1e3\x1ebAAAA`,
  "GET /socket.io/?EIO=4&transport=websocket\nUpgrade: websocket\nConnection: Upgrade\n" +
    "Sec-WebSocket-Version: 13\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
  `OPTIONS ${ENGINE}\nOrigin: http://localhost\nAccess-Control-Request-Method: POST`,
  `POST ${API}/publish\nAuthorization: Bearer ${KEY}\nContent-Type: application/json\n` +
    'Idempotency-Key: a\n\n{"room":"r","event":"e","data":1,"id":"x"}',
  `POST ${API}/publish\nAuthorization: Bearer ${KEY}\nContent-Type: application/json\n\n` +
    '{"room":"r","messages":[{"event":"e","args":[1]},{"event":"","room":7},{}]}',
  `GET ${API}/history?room=r&after=0&limit=2\nAuthorization: Bearer ${KEY}`,
  `GET ${API}/history?room=r&after=1&epoch=e&before=9\nAuthorization: Bearer ${KEY}`,
  `GET ${API}/openapi.json\nAuthorization: Bearer ${KEY}`,
  `GET ${API}/history?room=r\nAuthorization: Bearer wrong`,
  "GET /healthz",
  "GET /readyz?x",
  `GET /metrics\nAuthorization: Bearer ${KEY}`,
  "HEAD /metrics",
  "GET /socket.io/socket.io.min.js\nAccept-Encoding: br;q=0.5, gzip\nIf-None-Match: *",
  "HEAD /socket.io/socket.io.js.map\nAccept-Encoding: identity;q=0",
  "GET /elsewhere",
] as const;

const words = [
  ...["GET ", "POST ", "PUT ", "HEAD ", "OPTIONS ", "DELETE "],
  ...[SID, "&sid=__proto__", "&EIO=3", "EIO=4", "&transport=websocket", "&b64=1", "&j=0", "%00"],
  ...["%zz", "//", "/../", "?", "&room=", "&after=", "&before=", "&limit=", "&namespace=/x", "-1"],
  ...["9007199254740993", "1e9", "NaN", "null", "{}", "[]", '"__proto__"', '"room"', '"messages"'],
  ...["\nOrigin: null", "\nOrigin: http://evil.example", "\nContent-Type: application/json"],
  ...["\nContent-Type: application/octet-stream", "\nContent-Length: 5", "\nExpect: 100-continue"],
  ...["\nTransfer-Encoding: chunked", "\nHost: a:b", "\nCookie: io=x", "\nContent-Encoding: gzip"],
  ...["\n\n", "\x1e", "b", "4", "0", "1", "2probe", "42", '["e"]', "{", "}", "\ud83d"],
];

interface Running {
  readonly http: HttpServer;
  readonly io: Server;
  /** What was reported that nobody may cause. */
  readonly errors: unknown[];
}

let running: Running | null = null;

/** A method, a target, header fields and a body, a line each; the rest is added. */
export const httpEndpoints: Target = {
  name: "http-endpoints",
  about:
    "polling, the HTTP API, health, metrics and bundles of a whole server: each request gets one well-formed answer with a status that says whose fault it is, refusals have a code of the catalogue, the key is never shown, and nothing is reported as an error of the server's",
  sources: /server\/src\/(api|http|transports|engine|delivery\/messages-asked)/,
  maxBytes: 2_000,
  shortExecutions: 1_500,
  dictionary: words.map(bytesOf),
  examples: requests.map(bytesOf),
  generate: (random: Random) => bytesOf(generated(random)),
  async run(input) {
    running ??= start();
    const { http, io, errors } = running;
    const text = textOf(input);
    const needsSession = text.includes(SID);
    const sid = needsSession ? await openSession(http) : "";
    const answer = await ask(running, text.replaceAll(SID, sid));
    for (const session of [...io.engine.clients.values()]) session.abort();
    check(io.engine.clientsCount === 0, "a session stays behind");
    check(errors.length === 0, "a request is reported as an error", () => String(errors.pop()));
    return outcomeOf(answer, text.startsWith("HEAD "));
  },
  async close() {
    const closing = running;
    running = null;
    await closing?.io.close({ graceMs: 0 });
  },
};

function generated(random: Random): string {
  let text: string = random.pick(requests);
  for (let times = random.below(4); times > 0; times -= 1) {
    const at = random.below(text.length + 1);
    const until = random.chance(0.5) ? at : Math.min(text.length, at + random.below(8));
    text = text.slice(0, at) + random.pick(words) + text.slice(until);
  }
  return text;
}

function start(): Running {
  const errors: unknown[] = [];
  const http = createServer((_request, response) => response.writeHead(404).end());
  const io = new Server(http, {
    httpApi: { keys: [KEY], maxBodyBytes: 1_000 },
    health: true,
    maxHttpBufferSize: 1_000,
    onError: (error) => errors.push(error),
  });
  io.rooms("*", { delivery: "durable", history: { maxMessages: 100 } });
  metrics(io, { key: KEY, process: false });
  http.listen(0, "127.0.0.1");
  return { http, io, errors };
}

async function openSession(http: HttpServer): Promise<string> {
  const socket = new MemorySocket();
  const ended = new Promise((resolve) => socket.once("finish", resolve));
  http.emit("connection", socket);
  socket.receive(bytesOf(`GET ${ENGINE} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`));
  await inTime(ended, "no session opens");
  const sid = /"sid":"([^"]+)"/.exec(writtenBy(socket))?.[1];
  check(sid !== undefined, "there is no session id");
  return sid ?? "";
}

/** What is written until the server has ended the connection. */
async function ask({ http, io }: Running, text: string): Promise<string> {
  const socket = new MemorySocket();
  const ended = new Promise((resolve) => {
    socket.once("finish", resolve);
    socket.once("close", resolve);
  });
  let isOver = false;
  void ended.then(() => {
    isOver = true;
  });
  http.emit("connection", socket);
  socket.receive(bytesOf(requestOf(text)));
  // A poll waits for packets, a WebSocket for frames, a body for its rest: none of them comes.
  for (let turn = 0; turn < PATIENCE_TURNS && !isOver; turn += 1) {
    await new Promise((resolve) => setImmediate(resolve));
  }
  if (!isOver) {
    for (const session of [...io.engine.clients.values()]) session.abort();
    socket.receiveEnd();
  }
  await inTime(ended, "a request is not answered");
  return writtenBy(socket);
}

const PATIENCE_TURNS = 200;

/** As a client sends it: with a length, unless it says so otherwise. */
function requestOf(text: string): string {
  const end = text.indexOf("\n\n");
  const [first = "", ...fields] = (end === -1 ? text : text.slice(0, end)).split("\n");
  const body = end === -1 ? "" : text.slice(end + 2);
  const saysHow = fields.some((field) => /^(content-length|transfer-encoding)\s*:/i.test(field));
  const isUpgrade = fields.some((field) => /^upgrade\s*:/i.test(field));
  const lines = [
    `${first} HTTP/1.1`,
    "Host: localhost",
    ...fields.filter((field) => field !== ""),
    ...(saysHow || body === "" ? [] : [`Content-Length: ${body.length}`]),
    ...(isUpgrade ? [] : ["Connection: close"]),
  ];
  return `${lines.join("\r\n")}\r\n\r\n${body}`;
}

function writtenBy(socket: MemorySocket): string {
  return textOf(Buffer.concat(socket.written));
}

const statuses = new Set([
  101, 200, 204, 304, 400, 401, 403, 404, 405, 408, 413, 415, 417, 426, 431,
]);

function outcomeOf(answer: string, isHead: boolean): string {
  if (answer === "") return "nothing";
  const rest = answer.replace(/^HTTP\/1\.1 100 Continue\r\n\r\n/, "");
  const head = /^HTTP\/1\.1 (\d{3}) [^\r\n]*\r\n(?:[\w-]+: ?[^\r\n]*\r\n)*\r\n/.exec(rest);
  check(head !== null, "an answer is not HTTP", () => answer);
  const [whole = "", status = ""] = head ?? [];
  check(statuses.has(Number(status)), "a status is not one that a request may cause", () => answer);
  check(!answer.includes(KEY), "an answer shows the key", () => answer);
  const body = rest.slice(whole.length);
  const length = /\r\ncontent-length: (\d+)/i.exec(whole)?.[1];
  if (length !== undefined && !isHead && status !== "304") {
    check(body.length === Number(length), "an answer's length is another", () => answer);
  }
  return `${status} ${codeIn(whole, body)}`;
}

/** The code of a refusal, which is one of the catalogue; "" for what has none. */
function codeIn(head: string, body: string): string {
  if (!/\r\ncontent-type: application\/json/i.test(head) || !body.startsWith('{"code":"'))
    return "";
  const code = /^\{"code":"(\w+)"/.exec(body)?.[1] ?? "";
  check(Object.hasOwn(codes, code), "a code is not in the catalogue", () => code);
  return code;
}
