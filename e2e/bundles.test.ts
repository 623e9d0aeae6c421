import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import * as ownParser from "@openline/client/msgpack-parser";
import { Server as Openline, type ServerOptions } from "openline";
import type { Browser, Page } from "playwright-core";
import { Server as Stock } from "socket.io";
import * as stockParser from "socket.io-msgpack-parser";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { bundlesFolder } from "../tools/bundles/bundles.ts";
import { openBrowser } from "./browser.ts";

let browser: Browser;
const cleanups: (() => unknown)[] = [];

beforeAll(async () => {
  browser = await openBrowser();
});

afterEach(async () => {
  await Promise.all(browser.contexts().map((context) => context.close()));
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

afterAll(async () => {
  await browser?.close();
});

interface Site {
  readonly page: Page;
  /** What the page's console and errors say. */
  readonly complaints: string[];
  /** What the server has answered: path and status. */
  readonly answered: string[];
}

/** Opens a page with `head` on a site of a server that echoes. */
async function openSite(
  head: string,
  options: Partial<ServerOptions> = {},
  Server: typeof Openline = Openline,
): Promise<Site> {
  const http = createServer((request, response) => {
    const [, name] = /^\/bundles\/([\w.]+)$/.exec(request.url ?? "") ?? [];
    response.setHeader("content-type", name ? "text/javascript" : "text/html");
    response.end(name ? readFileSync(join(bundlesFolder, name)) : `<!doctype html>${head}`);
  });
  const io = new Server(http, options);
  cleanups.push(() => io.close());
  io.on("connection", (socket) => {
    socket.on("echo", (data, answer) => answer(data));
    socket.on("view", (answer) => answer(Uint8Array.of(1, 2)));
    socket.on("kind", (data, answer) => answer(Object.prototype.toString.call(data)));
  });
  const answered: string[] = [];
  http.on("request", (request, response) => {
    const path = request.url ?? "";
    response.on("finish", () => answered.push(`${path} ${response.statusCode}`));
  });
  http.listen(0, "127.0.0.1");
  await once(http, "listening");
  const context = await browser.newContext();
  context.setDefaultTimeout(15_000);
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on("pageerror", (error) => complaints.push(error.message));
  page.on("console", (message) => complaints.push(message.text()));
  await page.goto(`http://127.0.0.1:${(http.address() as AddressInfo).port}`);
  return { page, complaints, answered };
}

/** Without it Chromium asks for one, and complains of what it gets. */
const icon = '<link rel="icon" href="data:,">';

/** Runs in a page that has `io`. */
const useIo = `(async () => {
  const socket = io();
  const answer = await socket.emitWithAck("echo", { text: "Grüße", list: [1, null] });
  return [answer, socket instanceof io.Socket, socket.io instanceof io.Manager];
})()`;

const used = [{ text: "Grüße", list: [1, null] }, true, true];

describe("a page with what the server serves", () => {
  test.each(["socket.io.js", "socket.io.min.js"])("has io by a script tag: %s", async (name) => {
    const site = await openSite(`${icon}<script src="/socket.io/${name}"></script>`);
    expect(await site.page.evaluate(useIo)).toEqual(used);
    expect(site.answered).toContain(`/socket.io/${name} 200`);
    expect(site.complaints).toEqual([]);
  });

  test("has io by an import", async () => {
    const site = await openSite(`${icon}<script type="module">
      import lookup, { io, Manager, Socket } from "/socket.io/socket.io.esm.min.js";
      window.io = Object.assign(io, { Manager, Socket });
      window.isSame = io === lookup;
    </script>`);
    await site.page.waitForFunction("window.io");
    expect(await site.page.evaluate(useIo)).toEqual(used);
    expect(await site.page.evaluate("isSame")).toBe(true);
    expect(site.complaints).toEqual([]);
  });

  test("gets the bundle from its cache when it comes again", async () => {
    const site = await openSite(`${icon}<script src="/socket.io/socket.io.js"></script>`);
    await site.page.reload();
    expect(await site.page.evaluate(useIo)).toEqual(used);
    const answers = site.answered.filter((each) => each.startsWith("/socket.io/socket.io.js"));
    expect(answers).toEqual(["/socket.io/socket.io.js 200", "/socket.io/socket.io.js 304"]);
  });
});

const stockMsgpack = stockParser as unknown as ServerOptions["parser"];
const peers = [
  { name: "openline and its parser", Server: Openline, parser: ownParser },
  { name: "openline and the stock parser", Server: Openline, parser: stockMsgpack },
  {
    name: "socket.io and the stock parser",
    Server: Stock as unknown as typeof Openline, // they have one shape
    parser: stockMsgpack,
  },
];

describe.each(peers)("a page with the bundle for MessagePack, with $name", ({ Server, parser }) => {
  test.each(["polling", "websocket"])("carries text, bytes and dates by %s", async (way) => {
    const script = `${icon}<script src="/bundles/socket.io.msgpack.min.js"></script>`;
    const site = await openSite(script, { parser }, Server);
    const result = await site.page.evaluate(`(async () => {
      const socket = io({ transports: ["${way}"] });
      const bytes = Uint8Array.of(0, 127, 255);
      const [text, list, buffer, view, date] = await socket.emitWithAck("echo", [
        "Grüße 🎉", [1, -1, 0.5, null, true], bytes.buffer, bytes.subarray(1), new Date(5),
      ]);
      return [
        text,
        list,
        buffer instanceof ArrayBuffer && [...new Uint8Array(buffer)],
        view instanceof ArrayBuffer && [...new Uint8Array(view)],
        date instanceof Date && date.getTime(),
        await socket.emitWithAck("kind", new Date(5)),
        await socket.emitWithAck("kind", bytes),
        [...new Uint8Array(await socket.emitWithAck("view"))],
        socket.io.engine.transport.name,
      ];
    })()`);
    expect(result).toEqual([
      ...["Grüße 🎉", [1, -1, 0.5, null, true], [0, 127, 255], [127, 255], 5],
      ...["[object Date]", "[object Uint8Array]", [1, 2], way],
    ]);
    expect(site.complaints).toEqual([]);
  });

  test("is told why it may not enter", async () => {
    const script = `${icon}<script src="/bundles/socket.io.msgpack.min.js"></script>`;
    const site = await openSite(script, { parser }, Server);
    const message = await site.page.evaluate(`new Promise((resolve) => {
      io("/nowhere").on("connect_error", ({ message }) => resolve(message));
    })`);
    expect(message).toBe("Invalid namespace");
  });
});
