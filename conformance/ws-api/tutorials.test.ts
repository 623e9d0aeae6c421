import { execFile } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, test } from "vitest";
import { certificate, key } from "./certificate.ts";
import { type Target, targets } from "./targets.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const folder = new URL("./tutorials/", import.meta.url);
const secrets = mkdtempSync(join(tmpdir(), "tutorials-"));
writeFileSync(join(secrets, "cert.pem"), certificate);
writeFileSync(join(secrets, "key.pem"), key);
afterAll(() => rmSync(secrets, { recursive: true }));

/** What every tutorial prints, line by line, whichever library it imports. */
const tutorials: Record<string, string[]> = {
  "echo-server.mjs": [
    "received: something",
    "client received: Hi there, I am a WebSocket server",
    "client received: Hello, you sent -> something",
    "disconnected 1005",
    "server closed",
  ],
  "require-server.cjs": [
    "listening",
    "user agent tutorial chat",
    "client got pong",
    "socket closed 1000 done",
    "client closed 1000 done true",
    "server closed",
  ],
  "broadcast.mjs": [
    "ann got all of you text",
    "bob got all of you text",
    "bob got others only binary",
    "cid got all of you text",
    "cid got others only binary",
  ],
  "chat-rooms.cjs": [
    "ann: joined Ann ",
    "bob: error no JSON",
    "ann: joined Bob ",
    "bob: joined Bob",
    "ann: said Bob hello",
    "ann: left Bob ",
    "rooms left 0 users left 0",
  ],
  "heartbeat.mjs": [
    "terminated dead 1006",
    "live is open true",
    "terminated the live one 1005",
    "server closed",
  ],
  "client-heartbeat.mjs": ["no ping: terminate", "closed 1006"],
  "express.cjs": ["Hello World!", "received: hi", "Hello, you sent -> hi", "closed"],
  "express-listen.mjs": ["SHOUT", "{ clients: 1 }"],
  "express-session.cjs": [
    "stranger: Unexpected server response: 401",
    "{ result: 'OK', message: 'Session updated' }",
    "Received message hello from user user-1",
    "user: welcome",
    "{ result: 'OK', message: 'Session destroyed' }",
    "closed 4001 logged out",
  ],
  "many-servers.mjs": [
    "/foo from foo",
    "/foo closed 1005",
    "/bar?x=1 from bar",
    "/bar?x=1 closed 1005",
    "/baz ECONNRESET",
    "/baz closed 1006",
  ],
  "authentication.mjs": [
    "stranger: Unexpected server response: 401",
    "Received message hello from user ann",
    "friend: 1000 bye ann",
  ],
  "verify-client.cjs": [
    "refused 401 Unauthorized",
    "WebSocket was closed before the connection was established",
    "hello ann from 127.0.0.1",
  ],
  "stream.mjs": ["true true true", "closed"],
  "https-server.mjs": ["received: All glory to WebSockets!", "client received: something"],
  "binary-data.mjs": [
    "Float32Array(5) [ 0, 0.5, 1, 1.5, 2 ] true permessage-deflate",
    "4660 true",
    "string text",
  ],
  "round-trip.mjs": [
    "connected",
    "Round-trip time is a number: true",
    "Round-trip time is a number: true",
    "Round-trip time is a number: true",
    "disconnected",
  ],
  "reconnect.mjs": [
    "welcome at attempt 0",
    "closed 1012",
    "error: ECONNREFUSED",
    "closed 1006",
    "welcome at attempt 2",
  ],
  "graceful-shutdown.cjs": [
    "SIGTERM",
    "client 1001 server is going away",
    "client 1001 server is going away",
    "client 1001 server is going away",
    "no more sockets 0",
    "no more server",
  ],
  "subprotocol.mjs": [
    "[ 'v1.json' ] { version: 'v1.json' } v1.json",
    "1005 ",
    "[ 'v1.json', 'v2.json' ] { version: 'v2.json' } v2.json",
    "1005 ",
    "1002 speak v1 or v2",
  ],
  "own-class.mjs": ["{ score: 3 } false", "{ score: 7 } false", "final score 7 2048"],
};

/** Lines that two ends of a connection print: which of them is first is chance. */
const racing = new Set([
  "require-server.cjs",
  "graceful-shutdown.cjs",
  "echo-server.mjs",
  "chat-rooms.cjs",
  "express-session.cjs",
  "https-server.mjs",
]);

/** Runs a tutorial with nothing changed but the name that it imports. */
function run(target: Target, name: string): Promise<string[]> {
  const source = readFileSync(new URL(name, folder), "utf8");
  const changed = source.replace(/(from |require\()"ws"/, `$1"${target.specifier}"`);
  const type = name.endsWith(".mjs") ? "module" : "commonjs";
  const args = ["--conditions=@openline/source", "--import", "tsx", `--input-type=${type}`];
  const env = {
    ...process.env,
    NODE_OPTIONS: "",
    CERT: join(secrets, "cert.pem"),
    KEY: join(secrets, "key.pem"),
  };
  return new Promise((resolve, reject) => {
    execFile(
      process.execPath,
      [...args, "--eval", changed],
      { cwd: root, env, timeout: 25_000 },
      (error, stdout, stderr) => {
        if (error || stderr !== "")
          reject(new Error(`${name}: ${error?.message}\n${stdout}\n${stderr}`));
        else resolve(stdout.replace(/\n$/, "").split("\n"));
      },
    );
  });
}

describe.each(targets)("tutorials with $name", (target) => {
  test.concurrent.each(Object.entries(tutorials))("%s", async (name, expected) => {
    const lines = await run(target, name);
    if (racing.has(name)) expect(lines.toSorted()).toEqual(expected.toSorted());
    else expect(lines).toEqual(expected);
  });
});

test("every tutorial is run", () => {
  expect(readdirSync(folder).toSorted()).toEqual(Object.keys(tutorials).toSorted());
});
