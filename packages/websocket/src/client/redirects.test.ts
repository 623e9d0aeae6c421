import { describe, expect, it } from "vitest";
import { accept, type Reactions } from "./opening.fixture.ts";
import { open, redirectServer, servers, webServer } from "./opening-servers.fixture.ts";

describe("redirects", () => {
  it("are errors unless they are asked for", async () => {
    const { host } = await redirectServer("/");
    expect((await open(`ws://${host}`).failed()).message).toBe("Unexpected server response: 302");
  });

  it("are followed by a new request, relative to the last address", async () => {
    const { host, requests } = await webServer((request, socket) => {
      if (request.url === "/old/b") return accept(request, socket);
      socket.end("HTTP/1.1 307 Temporary Redirect\r\nLocation: b\r\nContent-Length: 0\r\n\r\n");
    });
    const first = await redirectServer(`http://${host}/old/a`);
    const recording = open(`ws://${first.host}/`, { followRedirects: true });
    (await recording.opened()).socket.destroy();
    expect(recording.names).toEqual(["redirect", "redirect", "upgrade", "open"]);
    expect(recording.urls).toEqual([
      `ws://${first.host}/`,
      `ws://${host}/old/a`,
      `ws://${host}/old/b`,
    ]);
    const keys = [...first.requests, ...requests].map(
      (request) => request.headers["sec-websocket-key"],
    );
    expect(new Set(keys).size).toBe(3);
    await servers.idle();
  });

  it("end after maxRedirects", async () => {
    const { host, requests } = await redirectServer("/again");
    const recording = open(`ws://${host}`, { followRedirects: true, maxRedirects: 2 });
    expect((await recording.failed()).message).toBe("Maximum redirects exceeded");
    expect(requests).toHaveLength(3);
    await servers.idle();
  });

  it.each([
    ["ws://", "Invalid URL: ws://"],
    ["ftp://example.com", "The URL's protocol must be one of"],
    ["/#chat", "The URL contains a fragment identifier"],
  ])("to %j are errors", async (location, message) => {
    const { host } = await redirectServer(location);
    const error = await open(`ws://${host}`, { followRedirects: true }).failed();
    expect(error).toBeInstanceOf(SyntaxError);
    expect(error.message).toContain(message);
    await servers.idle();
  });

  const secrets = { headers: { Authorization: "Bearer a", Cookie: "b=c", Host: "virtual.test" } };

  it("carry secrets to the same host", async () => {
    const { host, requests } = await webServer((request, socket) => {
      if (request.url === "/end") return accept(request, socket);
      socket.end("HTTP/1.1 302 Found\r\nLocation: /end\r\nContent-Length: 0\r\n\r\n");
    });
    (await open(`ws://${host}`, { followRedirects: true, ...secrets }).opened()).socket.destroy();
    expect(requests[1]?.headers).toMatchObject({
      authorization: "Bearer a",
      cookie: "b=c",
      host: "virtual.test",
    });
  });

  it("do not carry secrets to another host", async () => {
    const target = await webServer();
    const { host, requests } = await redirectServer(`ws://u:p@${target.host}`);
    (
      await open(`ws://${host}`, { followRedirects: true, auth: "x:y", ...secrets }).opened()
    ).socket.destroy();
    expect(requests[0]?.headers.cookie).toBe("b=c");
    expect(target.requests[0]?.headers).toMatchObject({ host: target.host });
    expect(target.requests[0]?.headers.authorization).toBe(undefined);
    expect(target.requests[0]?.headers.cookie).toBe(undefined);
  });

  it("leave the choice to who listens", async () => {
    const target = await webServer();
    const { host } = await redirectServer(`ws://${target.host}`);
    const reactions: Reactions = {
      hasRedirectListener: true,
      onRedirect: (_opening, request) => request.removeHeader("cookie"),
    };
    (
      await open(`ws://${host}`, { followRedirects: true, ...secrets }, reactions).opened()
    ).socket.destroy();
    expect(target.requests[0]?.headers.authorization).toBe("Bearer a");
    expect(target.requests[0]?.headers.cookie).toBe(undefined);
  });

  it("that the user destroys with an error end with it", async () => {
    const { host } = await redirectServer("/again");
    const reactions: Reactions = {
      onRedirect: (_opening, request) => void request.destroy(new Error("mine")),
    };
    expect(
      (await open(`ws://${host}`, { followRedirects: true }, reactions).failed()).message,
    ).toBe("mine");
    await servers.idle();
  });
});
