import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import * as msgpackParser from "@openline/client/msgpack-parser";
import { Server } from "openline";
import type { Browser } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { type ConsumerProject, createConsumerProject } from "../tools/packaging/project.ts";
import { openBrowser } from "./browser.ts";
import { type BuiltApp, bundlers } from "./bundlers.ts";

let browser: Browser;
let project: ConsumerProject;
const cleanups: (() => unknown)[] = [];

beforeAll(async () => {
  project = createConsumerProject(["@openline/client", "@openline/protocol"]);
  browser = await openBrowser();
}, 120_000);

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

afterAll(async () => {
  await browser?.close();
  project?.remove();
});

interface App {
  readonly about: string;
  readonly begin: string;
  readonly options: string;
  readonly parser?: typeof msgpackParser;
  /** What it may have, minified and compressed by gzip. */
  readonly limitBytes: number;
  readonly transports: readonly string[];
}

/** How applications begin, and what their pages tell. */
const apps: readonly App[] = [
  {
    about: "the client",
    begin: `import { io } from "@openline/client";`,
    options: "{}",
    limitBytes: 8_192,
    transports: ["polling", "websocket"],
  },
  {
    about: "the client with WebSockets alone",
    begin: `import { io } from "@openline/client/websocket";`,
    options: "{}",
    limitBytes: 5_632,
    transports: ["websocket"],
  },
  {
    about: "the client with MessagePack",
    begin: `import { io } from "@openline/client/websocket";
      import * as parser from "@openline/client/msgpack-parser";`,
    options: "{ parser }",
    parser: msgpackParser,
    limitBytes: 7_168,
    transports: ["websocket"],
  },
  {
    about: "the client by require",
    begin: `const { io } = require("@openline/client");`,
    options: "{}",
    limitBytes: 8_704,
    transports: ["polling", "websocket"],
  },
];

function codeOf({ begin, options }: App): string {
  return `${begin}
    globalThis.run = async () => {
      const socket = io(${options});
      const names = await new Promise((resolve) => {
        const { engine } = socket.io;
        engine.once("open", () => {
          if (engine.transport.name === "websocket") resolve(["websocket"]);
          else engine.once("upgrade", () => resolve(["polling", engine.transport.name]));
        });
      });
      const bytes = await socket.emitWithAck("echo", Uint8Array.of(1, 255));
      return [names, [...new Uint8Array(bytes)]];
    };`;
}

/** Runs what was built in a page of a server, and gives what it tells. */
async function runInPage({ code }: BuiltApp, { parser }: App): Promise<unknown> {
  const http = createServer((request, response) => {
    const isScript = request.url === "/app.js";
    response.setHeader("content-type", isScript ? "text/javascript" : "text/html");
    response.end(
      isScript
        ? code
        : '<!doctype html><link rel="icon" href="data:,"><script src="/app.js"></script>',
    );
  });
  const io = new Server(http, { parser });
  cleanups.push(() => io.close());
  io.on("connection", (socket) => void socket.on("echo", (data, answer) => answer(data)));
  http.listen(0, "127.0.0.1");
  await once(http, "listening");
  const context = await browser.newContext();
  cleanups.push(() => context.close());
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on("pageerror", (error) => complaints.push(error.message));
  page.on("console", (message) => complaints.push(message.text()));
  await page.goto(`http://127.0.0.1:${(http.address() as AddressInfo).port}`);
  const told = await page.evaluate("run()");
  expect(complaints).toEqual([]);
  return told;
}

describe.each(Object.keys(bundlers))("%s, with the client installed from its tarball", (name) => {
  const cases = apps.filter(({ begin }) => name !== "Vite" || begin.startsWith("import"));

  test.each(cases)("builds an application of $about, which runs in a page", async (app) => {
    const entry = `${name}-${apps.indexOf(app)}.js`;
    writeFileSync(join(project.folder, entry), codeOf(app));
    const built = await bundlers[name]!(project.folder, entry); // it is one of the keys
    expect(built.warnings).toEqual([]);
    // Nothing but the application, the client and the protocol: no polyfill, nothing of Node.
    const others = built.modules.filter(
      (path) => !path.endsWith(entry) && !/@openline\/(client|protocol)\/dist\//.test(path),
    );
    expect(others).toEqual([]);
    expect(built.modules.filter((path) => /platform\/node/.test(path))).toEqual([]);
    expect(built.code).not.toMatch(/nodebuffer|@openline\/websocket|set-cookie|["'`]node:/i);
    expect(gzipSync(built.code, { level: 9 }).length).toBeLessThanOrEqual(app.limitBytes);
    expect(await runInPage(built, app)).toEqual([app.transports, [1, 255]]);
  });
});
