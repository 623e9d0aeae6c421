import { EventEmitter, once } from "node:events";
import { Agent } from "node:http";
import { describe, expect, it, vi } from "vitest";
import type { Reactions } from "./opening.fixture.ts";
import { open, rawServer, redirectServer, servers, webServer } from "./opening-servers.fixture.ts";

describe("the deadline", () => {
  it("ends a handshake that is not answered", async () => {
    const host = await rawServer(() => null);
    const recording = open(`ws://${host}`, { handshakeTimeout: 20 });
    expect((await recording.failed()).message).toBe("Opening handshake has timed out");
    await servers.idle();
    expect(recording.names).toEqual(["error"]);
  });

  it("ends one that is answered a byte at a time", async () => {
    const host = await rawServer((_key, socket) => {
      const drip = setInterval(() => socket.write("H"), 2);
      socket.write("HTTP/1.1 101 Switching Protocols\r\nX-Slow: ");
      socket.on("close", () => clearInterval(drip));
      return null;
    });
    expect((await open(`ws://${host}`, { handshakeTimeout: 60 }).failed()).message).toBe(
      "Opening handshake has timed out",
    );
    await servers.idle();
  });

  it("leaves no timer behind when the connection opens, fails or is given up", async () => {
    const timers = (): number =>
      process.getActiveResourcesInfo().filter((name) => name === "Timeout").length;
    const before = timers();
    const { host } = await webServer();
    const { socket } = await open(`ws://${host}`, { handshakeTimeout: 3_600_000 }).opened();
    const refused = open(`ws://${host}`, {
      handshakeTimeout: 3_600_000,
      perMessageDeflate: false,
      protocolVersion: 13,
    });
    refused.opening.abort();
    await open(`ws+unix:${servers.path("none")}`, { handshakeTimeout: 3_600_000 }).failed();
    expect(timers()).toBeLessThanOrEqual(before);
    socket.destroy();
  });

  it("may be Infinity or 0 for none", async () => {
    const { host } = await webServer();
    for (const handshakeTimeout of [Number.POSITIVE_INFINITY, 0, 2 ** 40]) {
      (await open(`ws://${host}`, { handshakeTimeout }).opened()).socket.destroy();
    }
  });
});

describe("abort", () => {
  it("before the connection is made ends it silently", async () => {
    const { host } = await webServer();
    const recording = open(`ws://${host}`);
    recording.opening.abort();
    recording.opening.abort();
    // Another connection, made later and opened, shows that the first had its time.
    (await open(`ws://${host}`).opened()).socket.destroy();
    await servers.idle();
    expect(recording.names).toEqual([]);
  });

  it("from within the constructor sends nothing", async () => {
    const { host, requests } = await webServer();
    const finishRequest = vi.fn();
    const recording = open(
      `ws://${host}/never`,
      { finishRequest },
      { onStart: (opening) => opening.abort() },
    );
    (await open(`ws://${host}/other`).opened()).socket.destroy();
    await servers.idle();
    expect(finishRequest).not.toHaveBeenCalled();
    expect(requests.map((request) => request.url)).toEqual(["/other"]);
    expect(recording.names).toEqual([]);
  });

  it("while the answer is awaited hangs up", async () => {
    const arrivals = new EventEmitter();
    const host = await rawServer(() => {
      arrivals.emit("request");
      return null;
    });
    const recording = open(`ws://${host}`);
    await once(arrivals, "request");
    recording.opening.abort();
    await servers.idle();
    expect(recording.names).toEqual([]);
  });

  it("in an agent's queue is silent", async () => {
    const { host } = await webServer();
    const agent = new Agent({ maxSockets: 1 });
    const first = await open(`ws://${host}`, { agent }).opened();
    const recording = open(`ws://${host}`, { agent });
    recording.opening.abort();
    first.socket.destroy();
    await servers.idle();
    expect(recording.names).toEqual([]);
    agent.destroy();
  });

  it.each<[string, Reactions, string[]]>([
    ["in 'upgrade'", { onUpgrade: (opening) => opening.abort() }, ["redirect", "upgrade"]],
    ["in 'redirect'", { onRedirect: (opening) => opening.abort() }, ["redirect"]],
  ])("%s ends it there", async (_, reactions, names) => {
    const target = await webServer();
    const { host } = await redirectServer(`ws://${target.host}`);
    const recording = open(`ws://${host}`, { followRedirects: true }, reactions);
    await vi.waitUntil(() => recording.names.length === names.length);
    await servers.idle();
    expect(recording.names).toEqual(names);
  });

  it("after the connection opened leaves it to its owner", async () => {
    const { host } = await webServer();
    const recording = open(`ws://${host}`);
    const { socket } = await recording.opened();
    recording.opening.abort();
    expect(socket.destroyed).toBe(false);
    socket.destroy();
  });
});
