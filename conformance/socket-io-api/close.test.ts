import { once } from "node:events";
import { createServer, type Server as HttpServer } from "node:http";
import { describe, expect, test } from "vitest";
import {
  connect,
  deferred,
  implementations,
  join,
  listen,
  next,
  type Socket,
  start,
  transports,
} from "./fixture.ts";

/** Resolves when a poll of the client waits, if that is its transport. */
async function pollOf(http: HttpServer, { conn }: Socket): Promise<void> {
  while (!conn.transport.writable) await once(http, "request");
}

describe.each(implementations)("closing $name", (implementation) => {
  const { Server } = implementation;

  test("closes the HTTP server, and tells the callback", async () => {
    const { io, http, url } = await start(implementation);
    await connect(url);
    const told = deferred<unknown>();
    await io.close(told.resolve);
    expect(await told.promise).toBeUndefined();
    expect(http.listening).toBe(false);
  });

  test.each(transports.slice(0, 2))(
    "takes leave of clients by $way, behind what was sent",
    async ({ client: options }) => {
      const running = await start(implementation);
      const { socket, client: leaving } = await join(running, options);
      await pollOf(running.http, socket);
      const last = next(leaving, "last");
      const reasons = Promise.all([next(socket, "disconnect"), next(leaving, "disconnect")]);
      if (options.transports?.[0] === "websocket") running.io.emit("last", 1);
      await running.io.close();
      const [[here], [there]] = await reasons;
      expect(here).toBe("server shutting down");
      expect(there).toBe("transport close");
      if (options.transports?.[0] === "websocket") expect(await last).toEqual([1]);
    },
  );

  test("hands the error of an HTTP server that did not listen to the callback", async () => {
    const io = new Server(createServer());
    const told = deferred<Error | undefined>();
    io.close(told.resolve);
    expect(await told.promise).toMatchObject({ code: "ERR_SERVER_NOT_RUNNING" });
  });

  test("lets a server without connections be attached anew", async () => {
    const { io, http } = await start(implementation);
    await io.close();
    const again = createServer();
    io.attach(again);
    const { url } = await listen(again);
    expect(http.listening).toBe(false);
    expect((await connect(url)).connected).toBe(true);
  });
});
