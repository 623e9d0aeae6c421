import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:https";
import { type AddressInfo, connect } from "node:net";
import { connect as connectTls } from "node:tls";
import { expect, test } from "vitest";
import { WebSocket } from "ws";
import { start } from "./server.fixture.ts";
import { Server } from "./server.ts";

test("waits for those who say nothing no longer than its grace", async () => {
  const { io, http } = await start();
  const silent = connect((http.address() as AddressInfo).port, "127.0.0.1");
  const unfinished = connect((http.address() as AddressInfo).port, "127.0.0.1");
  for (const socket of [silent, unfinished]) socket.on("error", () => {}).resume();
  await Promise.all([once(silent, "connect"), once(unfinished, "connect")]);
  const reached = once(http, "request");
  unfinished.write("POST /socket.io/?EIO=4&transport=polling HTTP/1.1\r\nHost: a\r\n");
  unfinished.write("Content-Length: 9\r\n\r\n1");
  await reached;
  const closed = Promise.all([silent, unfinished].map((socket) => once(socket, "close")));
  await io.close({ graceMs: 100 });
  expect(http.listening).toBe(false);
  await closed;
});

test("waits for nobody who has opened a connection and said nothing", async () => {
  const { io, http } = await start();
  const reached = once(http, "connection");
  const silent = connect((http.address() as AddressInfo).port, "127.0.0.1");
  silent.on("error", () => {}).resume();
  await reached;
  const closed = once(silent, "close");
  await io.close();
  expect(http.listening).toBe(false);
  await closed;
});

test("nor for one that has only agreed on TLS", async () => {
  // A key and a certificate, one behind the other.
  const request = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2";
  const made = ["-keyout", "-", "-out", "-", "-subj", "/CN=localhost"];
  const pem = execFileSync("openssl", [...request.split(" "), ...made], { stdio: "pipe" });
  const http = createServer({ key: pem, cert: pem });
  const io = new Server(http);
  http.listen(0, "127.0.0.1");
  await once(http, "listening");
  const reached = once(http, "secureConnection");
  const { port } = http.address() as AddressInfo;
  const silent = connectTls({ port, host: "127.0.0.1", rejectUnauthorized: false });
  silent.on("error", () => {}).resume();
  await reached;
  const closed = once(silent, "close");
  await io.close();
  expect(http.listening).toBe(false);
  await closed;
});

test("waits for those who do not answer to a close no longer than its grace", async () => {
  const { io, http } = await start({ pingInterval: 20, pingTimeout: 20 });
  const deaf = connect((http.address() as AddressInfo).port, "127.0.0.1");
  deaf.on("error", () => {}).resume();
  await once(deaf, "connect");
  const gone = new Promise((resolve) => {
    io.engine.once("connection", (socket) => socket.once("close", resolve));
  });
  deaf.write(
    "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\n" +
      "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n" +
      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
  );
  expect(await gone).toBe("ping timeout");
  await io.close({ graceMs: 100 });
  expect(http.listening).toBe(false);
  deaf.destroy();
});

test.each(["polling", "websocket"])(
  "refuses who came by %s before it and was not let in yet",
  async (transport) => {
    const { io, http, url } = await start();
    let letIn = (): void => {};
    const asked = new Promise<void>((resolve) => {
      io.engine.generateId = () => {
        resolve();
        return new Promise((made) => {
          letIn = () => made("an id");
        });
      };
    });
    const late = connect((http.address() as AddressInfo).port, "127.0.0.1");
    late.on("error", () => {});
    let answer = "";
    late.on("data", (bytes: Buffer) => {
      answer += bytes;
    });
    const upgrade =
      transport === "polling"
        ? ""
        : "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n" +
          "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
    late.write(
      `GET /socket.io/?EIO=4&transport=${transport} HTTP/1.1\r\nHost: ${new URL(url).host}\r\n${upgrade}\r\n`,
    );
    await asked;
    const closed = io.close({ graceMs: 5_000 });
    letIn();
    await expect.poll(() => answer).toContain("Server is closing");
    expect(answer).toMatch(/^HTTP\/1\.1 503 /);
    late.destroy();
    await closed;
    expect(io.engine.clientsCount).toBe(0);
  },
);

test("says how long to stay away, where that is asked for", async () => {
  const { io, http, url } = await start();
  const client = new WebSocket(`${url.replace("http", "ws")}/socket.io/?EIO=4&transport=websocket`);
  const [open] = await once(client, "message");
  expect(String(open)).toMatch(/^0/);
  const left = once(client, "close");
  // Its own connection keeps the server from ending before it was refused.
  const silent = connect((http.address() as AddressInfo).port, "127.0.0.1");
  await once(silent, "connect");
  const answer = once(silent, "data");
  const closed = io.close({ graceMs: 5_000, retryAfterMs: 2_500 });
  silent.write("GET /socket.io/?EIO=4&transport=polling HTTP/1.1\r\nHost: a\r\n\r\n");
  const [code, reason] = await left;
  expect([code, String(reason)]).toEqual([1012, "retry-after=3"]);
  expect(String((await answer)[0])).toMatch(/^HTTP\/1\.1 503 [\s\S]*\r\nRetry-After: 3\r\n/);
  silent.destroy();
  await closed;
});

test("takes no time that is none", async () => {
  const { io } = await start();
  await expect(io.close({ graceMs: 0, retryAfterMs: -1 })).rejects.toThrow(/retryAfterMs of close/);
});
