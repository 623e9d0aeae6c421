import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { WebSocketServer } from "@openline/websocket";
import { type Browser, chromium } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { fetchNode } from "../tools/machine/nodes.ts";

/**
 * Runs where `WebSocket` is the browser's: sends each kind of message, and tells
 * what came back and how it ended.
 */
const program = `async (url) => {
  const socket = new WebSocket(url, ["other", "chat"]);
  socket.binaryType = "arraybuffer";
  const next = (type) => new Promise((resolve) => socket.addEventListener(type, resolve, { once: true }));
  await next("open");
  const large = "large ".repeat(100000);
  const echoes = [];
  for (const data of ["", "Grüße, 世界", new Uint8Array([0, 255]), new Blob(["blob"]), large]) {
    const answer = next("message");
    socket.send(data);
    const received = (await answer).data;
    echoes.push(typeof received === "string"
      ? received === large ? "large" : received
      : Array.from(new Uint8Array(received)).join());
  }
  const order = [];
  const all = new Promise((resolve) => {
    socket.onmessage = ({ data }) => { if (order.push(data) === 500) resolve(); };
  });
  for (let i = 0; i < 500; i += 1) socket.send(String(i));
  await all;
  const closed = next("close");
  socket.send("close me");
  const { code, reason, wasClean } = await closed;
  return {
    echoes, inOrder: order.every((data, i) => data === String(i)), code, reason, wasClean,
    protocol: socket.protocol, deflate: socket.extensions.includes("permessage-deflate"),
  };
}`;

const expected = {
  echoes: ["", "Grüße, 世界", "0,255", "98,108,111,98", "large"],
  inOrder: true,
  code: 4010,
  reason: "as asked",
  wasClean: true,
  protocol: "chat",
  deflate: true,
};

const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup();
});

/** Our server with an echo, on the page's own host; returns the page's address. */
async function serve(): Promise<string> {
  const http = createServer((_request, response) => {
    response.setHeader("Content-Type", "text/html");
    response.end("<!doctype html><title>page</title>");
  });
  const server = new WebSocketServer({
    server: http,
    perMessageDeflate: { threshold: 0 },
    handleProtocols: (protocols) => (protocols.has("chat") ? "chat" : false),
  });
  server.on("connection", (socket) => {
    socket.on("message", (data, isBinary) => {
      if (String(data) === "close me") socket.close(4010, "as asked");
      else socket.send(data, { binary: isBinary });
    });
  });
  http.listen(0, "127.0.0.1");
  await once(http, "listening");
  cleanups.push(async () => {
    const gone = server.shutdown({ graceMs: 0 });
    http.close();
    http.closeAllConnections();
    await gone;
  });
  return `http://127.0.0.1:${(http.address() as AddressInfo).port}/`;
}

describe("Chromium", () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await chromium.launch({
      executablePath: "/usr/bin/chromium",
      args: ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"],
    });
  });
  afterAll(() => browser.close());

  it("talks to our server through its own WebSocket", async () => {
    const url = await serve();
    const page = await browser.newPage();
    await page.goto(url);
    const result = await page.evaluate(
      `(${program})(${JSON.stringify(url.replace("http", "ws"))})`,
    );
    expect(result).toEqual(expected);
    await page.close();
  });
});

describe("Node's own WebSocket", () => {
  it.each([22, 24, 26] as const)(
    "of Node %i talks to our server",
    async (major) => {
      const node = await fetchNode(major);
      const url = (await serve()).replace("http", "ws");
      const script = `(${program})(${JSON.stringify(url)}).then((result) => console.log(JSON.stringify(result)))`;
      const child = spawn(node, ["-e", script], { stdio: ["ignore", "pipe", "inherit"] });
      let output = "";
      child.stdout.on("data", (chunk) => {
        output += chunk;
      });
      await once(child, "close");
      expect(JSON.parse(output)).toEqual(expected);
    },
    120_000,
  );
});
