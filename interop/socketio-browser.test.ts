import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer, type Server as HttpServer } from "node:http";
import { createRequire } from "node:module";
import type { AddressInfo } from "node:net";
import { Server, type Socket } from "openline";
import { type Browser, chromium, type Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";

/** The stock client: what our server serves itself is a bundle of ours. */
const page = `<!doctype html><title>test</title><script src="/stock.js"></script>`;
const stockBundle = createRequire(import.meta.url).resolve("socket.io-client/dist/socket.io.js");

/** Runs in the page: connects, sends each kind of data, and tells what came back. */
const program = (options: object): string => `(async () => {
  const socket = io(${JSON.stringify(options)});
  const next = (target, event) => new Promise((resolve) => target.once(event, resolve));
  const opened = next(socket, "connect");
  const upgraded = new Promise((resolve) => socket.io.on("open", () => {
    if (socket.io.engine.transport.name === "websocket") resolve();
    else socket.io.engine.once("upgrade", resolve);
  }));
  await opened;
  if (${JSON.stringify(options)}.upgrades) await upgraded;
  const list = (data) => Array.from(new Uint8Array(data));
  const blob = new Blob(["blob"]);
  const answers = {
    text: await socket.emitWithAck("echo", "Grüße 世界"),
    data: await socket.emitWithAck("echo", { a: [1, null] }),
    buffer: list(await socket.emitWithAck("echo", new Uint8Array([0, 255]).buffer)),
    view: list(await socket.emitWithAck("echo", new Uint8Array([1, 2]))),
    blob: list(await socket.emitWithAck("echo", blob)),
    large: (await socket.emitWithAck("echo", "x".repeat(300000))).length,
  };
  const got = [];
  const all = new Promise((resolve) => socket.on("n", (n) => { if (got.push(n) === 500) resolve(); }));
  socket.emit("count to", 500);
  await all;
  answers.inOrder = got.every((n, at) => n === at);
  answers.transport = socket.io.engine.transport.name;
  const reason = next(socket, "disconnect");
  socket.emit("throw me out");
  answers.reason = await reason;
  return answers;
})()`;

const expected = {
  text: "Grüße 世界",
  data: { a: [1, null] },
  buffer: [0, 255],
  view: [1, 2],
  blob: [98, 108, 111, 98],
  large: 300_000,
  inOrder: true,
  reason: "io server disconnect",
};

let browser: Browser;
const servers: Server[] = [];

beforeAll(async () => {
  browser = await chromium.launch({
    executablePath: "/usr/bin/chromium",
    args: ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"],
  });
});

afterEach(async () => {
  await Promise.all(browser.contexts().map((context) => context.close()));
  await Promise.all(servers.splice(0).map((io) => io.close()));
});

afterAll(() => browser?.close());

async function serve(port = 0): Promise<{ io: Server; http: HttpServer; url: string }> {
  const http = createServer((request, response) => {
    const isPage = request.url === "/";
    response.setHeader("Content-Type", isPage ? "text/html" : "text/javascript");
    response.end(isPage ? page : readFileSync(stockBundle));
  });
  const io = new Server(http);
  servers.push(io);
  io.on("connection", (socket: Socket) => {
    socket.on("echo", (data, answer) => answer(data));
    socket.on("join", (room: string, answer) => {
      socket.join(room);
      answer();
    });
    socket.on("say", (room: string, text: string) => io.to(room).emit("said", text));
    socket.on("throw me out", () => socket.disconnect());
    socket.on("count to", (count: number) => {
      for (let n = 0; n < count; n += 1) socket.emit("n", n);
    });
  });
  http.listen(port, "127.0.0.1");
  await once(http, "listening");
  return { io, http, url: `http://127.0.0.1:${(http.address() as AddressInfo).port}` };
}

async function open(url: string): Promise<Page> {
  const context = await browser.newContext();
  const tab = await context.newPage();
  await tab.goto(url);
  return tab;
}

describe("Chromium with the stock client's bundle", () => {
  it.each([
    ["polling", { transports: ["polling"] }],
    ["websocket", { transports: ["websocket"] }],
    ["websocket", { upgrades: true }],
  ])("talks by %s: %j", async (transport, options) => {
    const { url } = await serve();
    const tab = await open(url);
    const answers = await tab.evaluate(program(options));
    expect(answers).toEqual({ ...expected, transport });
  });

  it("has two tabs in one room", async () => {
    const { url } = await serve();
    const tabs = await Promise.all([open(url), open(url)]);
    for (const tab of tabs) {
      await tab.evaluate(`(async () => {
        window.socket = io();
        window.said = new Promise((resolve) => socket.on("said", resolve));
        await socket.emitWithAck("join", "room");
      })()`);
    }
    await tabs[0]?.evaluate(`void socket.emit("say", "room", "to both")`);
    for (const tab of tabs) expect(await tab.evaluate("said")).toBe("to both");
  });

  it("comes back after the server was restarted", async () => {
    const { io, url } = await serve();
    const tab = await open(url);
    await tab.evaluate(`(async () => {
      window.socket = io({ reconnectionDelay: 50, reconnectionDelayMax: 200 });
      await new Promise((resolve) => socket.once("connect", resolve));
      window.lost = new Promise((resolve) => socket.once("disconnect", resolve));
      window.back = new Promise((resolve) => socket.io.once("reconnect", () => socket.once("connect", resolve)));
    })()`);
    servers.splice(servers.indexOf(io), 1);
    await io.close();
    expect(await tab.evaluate("lost")).toMatch(/^transport (close|error)$/);
    await serve(Number(new URL(url).port));
    await tab.evaluate("back");
    expect(await tab.evaluate(`socket.emitWithAck("echo", "again")`)).toBe("again");
  });
});
