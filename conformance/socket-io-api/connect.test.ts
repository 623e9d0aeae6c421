import { once } from "node:events";
import type { Server as HttpServer } from "node:http";
import { createServer } from "node:http";
import { type AddressInfo, createServer as createNetServer } from "node:net";
import { Server as StockEngine } from "engine.io";
import express from "express";
import { Adapter } from "socket.io-adapter";
import { describe, expect, test } from "vitest";
import { WebSocket } from "ws";
import {
  client,
  closing,
  connect,
  connected,
  deferred,
  implementations,
  listen,
  next,
  onTestEnd,
  type Socket,
  start,
} from "./fixture.ts";

/** A port that was free a moment ago, for what takes numbers only. */
async function freePort(): Promise<number> {
  const probe = createNetServer().listen(0);
  await once(probe, "listening");
  const { port } = probe.address() as AddressInfo;
  probe.close();
  await once(probe, "close");
  return port;
}

describe.each(implementations)("connecting to $name", (implementation) => {
  const { name, Server } = implementation;

  describe("what a server is made of", () => {
    test("takes an HTTP server", async () => {
      const { io, http, url } = await start(implementation);
      expect(io.httpServer).toBe(http);
      expect((await connect(url)).connected).toBe(true);
    });

    test("takes a port", async () => {
      const port = await freePort();
      const io = closing(new Server(port));
      await once(io.httpServer, "listening");
      expect((await connect(`http://localhost:${port}`)).connected).toBe(true);
    });

    test.each(["attach", "listen"] as const)("takes options alone, then %s", async (method) => {
      const io = closing(new Server({ path: "/chosen" }));
      const http = createServer();
      expect(io[method](http)).toBe(io);
      const { url } = await listen(http);
      expect((await connect(url, { path: "/chosen" })).connected).toBe(true);
    });

    test("takes nothing, then attach with options", async () => {
      const io = closing(new Server());
      const http = createServer();
      io.attach(http, { path: "/late" });
      const { url } = await listen(http);
      expect((await connect(url, { path: "/late" })).connected).toBe(true);
    });

    test("answers on a port of its own with 404 outside its path", async () => {
      const port = await freePort();
      const io = closing(new Server());
      io.attach(port);
      await once(io.httpServer, "listening");
      expect((await fetch(`http://localhost:${port}/`)).status).toBe(404);
    });

    test("refuses an Express application, and says what to give instead", () => {
      const application = express() as unknown as HttpServer;
      expect(() => new Server().attach(application)).toThrow(/http\.Server/);
    });

    test("leaves the requests of other paths to the application", async () => {
      const { url } = await start(implementation, {}, (_request, response) => {
        response.end("the application");
      });
      expect(await (await fetch(`${url}/other`)).text()).toBe("the application");
    });
  });

  describe("bind", () => {
    test("takes the connections of another Engine.IO server", async () => {
      // An engine of each implementation: its own, as hosts with their own HTTP layer bind it.
      const donor = closing(new Server(createServer()));
      const Engine =
        name === "socket.io" ? StockEngine : (donor.engine.constructor as typeof StockEngine);
      const engine = new Engine();
      const http = createServer((request, response) => {
        engine.handleRequest(request as never, response);
      });
      http.on("upgrade", (request, socket, head) => {
        engine.handleUpgrade(request as never, socket as never, head);
      });
      const io = closing(new Server());
      expect(io.bind(engine as never)).toBe(io);
      const { url } = await listen(http);
      onTestEnd(() => engine.close());
      const socket = await connect(url);
      expect(io.sockets.sockets.size).toBe(1);
      expect(io.engine).toBe(engine);
      socket.disconnect();
    });
  });

  describe("settings", () => {
    test("path gives and takes, without the slash at its end", () => {
      const io = new Server();
      expect(io.path()).toBe("/socket.io");
      expect(io.path("/elsewhere/")).toBe(io);
      expect(io.path()).toBe("/elsewhere");
    });

    test("connectTimeout gives and takes", () => {
      const io = new Server({ connectTimeout: 7 });
      expect(io.connectTimeout()).toBe(7);
      expect(io.connectTimeout(8)).toBe(io);
      expect(io.connectTimeout()).toBe(8);
    });

    test("serveClient gives and takes", () => {
      const io = new Server();
      expect(io.serveClient()).toBe(true);
      expect(io.serveClient(false)).toBe(io);
      expect(io.serveClient()).toBe(false);
    });

    test("adapter gives and takes, for namespaces that are there too", () => {
      const io = new Server();
      class Other extends Adapter {}
      expect(io.adapter(Other as never)).toBe(io);
      expect(io.adapter()).toBe(Other);
      expect(io.of("/").adapter).toBeInstanceOf(Other);
    });

    test("closes a connection that enters no namespace within connectTimeout", async () => {
      const { io, url } = await start(implementation, { connectTimeout: 50 });
      const closed = deferred<string>();
      io.engine.on("connection", (conn) => conn.on("close", closed.resolve));
      const silent = new WebSocket(
        `${url.replace("http", "ws")}/socket.io/?EIO=4&transport=websocket`,
      );
      onTestEnd(() => silent.terminate());
      expect(await closed.promise).toBe("forced close");
    });
  });

  describe("allowRequest", () => {
    test.each([["polling"], ["websocket"]])("lets nobody in that it refuses by %s", async (way) => {
      const { url } = await start(implementation, {
        allowRequest: (_request, callback) => callback("not today", false),
      });
      const refused = client(url, { transports: [way as "polling"] });
      await expect(connected(refused)).rejects.toThrow();
    });

    test("answers 403 with its message", async () => {
      const { url } = await start(implementation, {
        allowRequest: (_request, callback) => callback("not today", false),
      });
      const response = await fetch(`${url}/socket.io/?EIO=4&transport=polling`);
      expect(response.status).toBe(403);
      expect(await response.json()).toMatchObject({ code: 4, message: "not today" });
    });

    test("is asked once for a session that upgrades, and once more by the upgrade", async () => {
      let asked = 0;
      const { io, url } = await start(implementation, {
        allowRequest: (_request, callback) => {
          asked++;
          callback(null, true);
        },
      });
      const [[socket]] = await Promise.all([next<[Socket]>(io, "connection"), connect(url)]);
      if (socket.conn.transport.name !== "websocket") await next(socket.conn, "upgrade");
      expect(asked).toBe(1);
    });
  });
});
