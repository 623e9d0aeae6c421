import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { Server as Openline } from "openline";
import type { Browser, Page } from "playwright-core";
import { Server as Stock } from "socket.io";
import { build, type Rolldown } from "vite";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { openBrowser } from "./browser.ts";

let browser: Browser;
let bundle: string;
const cleanups: (() => unknown)[] = [];

beforeAll(async () => {
  [browser, bundle] = await Promise.all([openBrowser(), bundleClient()]);
});

afterEach(async () => {
  await Promise.all(browser.contexts().map((context) => context.close()));
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

afterAll(async () => {
  await browser?.close();
});

/** The client as a page gets it from its own build. */
async function bundleClient(): Promise<string> {
  const root = join(import.meta.dirname, "../packages/client/src");
  const built = await build({
    root,
    configFile: false,
    logLevel: "error",
    resolve: { conditions: ["@openline/source", "browser", "module"] },
    build: {
      write: false,
      modulePreload: false,
      rolldownOptions: {
        input: join(root, "index.ts"),
        preserveEntrySignatures: "strict",
        output: { format: "es" },
      },
    },
  });
  return (built as Rolldown.RolldownOutput).output[0].code; // one output: there is one format
}

interface Site {
  readonly io: Openline;
  readonly page: Page;
}

/** A site with a server of either kind, and a page of it that has the client as `io`. */
async function openSite(Server: typeof Openline): Promise<Site> {
  const http = createServer((request, response) => {
    const isScript = request.url === "/client.js";
    response.setHeader("content-type", isScript ? "text/javascript" : "text/html");
    response.end(
      isScript
        ? bundle
        : '<!doctype html><script type="module">import io from "/client.js"; window.io = io;</script>',
    );
  });
  const io = new Server(http);
  cleanups.push(() => io.close());
  http.listen(0, "127.0.0.1");
  await once(http, "listening");
  const url = `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
  const context = await browser.newContext();
  context.setDefaultTimeout(15_000);
  const page = await context.newPage();
  await page.goto(url);
  await page.waitForFunction("window.io");
  return { io, page };
}

const servers = [
  { name: "openline", Server: Openline },
  { name: "socket.io", Server: Stock as unknown as typeof Openline }, // they have one shape
];

describe.each(servers)("the client in Chromium, with $name", ({ Server }) => {
  test("connects to the page's server, and changes over to a WebSocket", async () => {
    const { page } = await openSite(Server);
    const names = await page.evaluate(`new Promise((resolve) => {
      const socket = io();
      socket.io.on("open", () => {
        const { engine } = socket.io;
        const first = engine.transport.name;
        engine.on("upgrade", ({ name }) => resolve([first, name]));
      });
    })`);
    expect(names).toEqual(["polling", "websocket"]);
  });

  test.each(["polling", "websocket"])("takes and gives bytes by %s, and files", async (way) => {
    const { io, page } = await openSite(Server);
    io.on("connection", (socket) => {
      socket.on("echo", (data, answer) => answer(data));
    });
    const result = await page.evaluate(`(async () => {
      const socket = io({ transports: ["${way}"] });
      const bytes = Uint8Array.of(0, 127, 255);
      const echoed = await socket.emitWithAck("echo", { deep: [bytes, bytes.buffer] });
      const file = await socket.emitWithAck("echo", new File(["\\u00fc and b"], "name"));
      return [
        echoed.deep.map((each) => [each instanceof ArrayBuffer, ...new Uint8Array(each)]),
        file instanceof ArrayBuffer,
        new TextDecoder().decode(file),
      ];
    })()`);
    expect(result).toEqual([
      [
        [true, 0, 127, 255],
        [true, 0, 127, 255],
      ],
      true,
      "ü and b",
    ]);
  });

  test("notices at once that the network is gone, and comes back with it", async () => {
    const { io, page } = await openSite(Server);
    await page.evaluate(`new Promise((resolve) => {
      window.log = [];
      window.socket = io({ reconnectionDelay: 10, reconnectionDelayMax: 50 });
      socket.on("disconnect", (reason, details) => log.push([reason, details.description]));
      socket.on("connect", () => { log.push("connect"); resolve(); });
    })`);
    await page.context().setOffline(true);
    await page.waitForFunction("log.length === 2");
    await page.context().setOffline(false);
    await page.waitForFunction("log.length === 3");
    expect(await page.evaluate("log")).toEqual([
      ...["connect", ["transport close", "network connection lost"], "connect"],
    ]);
    expect(io.engine.clientsCount).toBeGreaterThan(0);
  });

  test("leaves when its page does", async () => {
    const { io, page } = await openSite(Server);
    const gone = new Promise<string>((resolve) => {
      io.on("connection", (socket) => void socket.on("disconnect", (reason) => resolve(reason)));
    });
    await page.evaluate(`new Promise((resolve) => {
      io({ transports: ["websocket"], closeOnBeforeunload: true }).on("connect", resolve);
    })`);
    await page.goto("about:blank");
    expect(await gone).toMatch(/^transport close$/);
  });

  test("reaches another origin with its cookies, where it is let", async () => {
    const { page } = await openSite(Server);
    const other = createServer();
    const remote = new Server(other, {
      cors: { origin: new URL(page.url()).origin, credentials: true },
      cookie: { name: "other", sameSite: "lax", path: "/" },
    });
    cleanups.push(() => remote.close());
    other.listen(0, "127.0.0.1");
    await once(other, "listening");
    const cookies: (string | undefined)[] = [];
    other.prependListener("request", ({ headers, method }) => {
      if (method === "POST") cookies.push(headers.cookie);
    });
    const { port } = other.address() as AddressInfo;
    await page.evaluate(`new Promise((resolve) => {
      const options = { withCredentials: true, upgrade: false };
      io("http://127.0.0.1:${port}", options).on("connect", resolve);
    })`);
    expect(cookies[0]).toMatch(/^other=/);
  });
});
