import type { ClientRequest, IncomingMessage } from "node:http";
import { createServer as createSecureServer } from "node:https";
import type { AddressInfo } from "node:net";
import { describe, expect, test } from "vitest";
import { certificate, key } from "./certificate.ts";
import {
  connect,
  deferred,
  type HttpListening,
  listen,
  listenHttp,
  next,
  nextClose,
  nextError,
  onTestEnd,
} from "./fixture.ts";
import { type ClientOptions, targets } from "./targets.ts";

/** A server that answers every handshake with a redirect. */
async function redirectTo(
  location: string,
  status = 302,
): Promise<HttpListening & { asked: IncomingMessage[] }> {
  const listening = await listenHttp();
  const asked: IncomingMessage[] = [];
  listening.http.on("upgrade", (request, socket) => {
    asked.push(request);
    socket.end(
      `HTTP/1.1 ${status} Found\r\nLocation: ${location}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`,
    );
  });
  return { ...listening, asked };
}

const secrets: ClientOptions = {
  followRedirects: true,
  auth: "ann:secret",
  headers: { Cookie: "id=1", authorization: "Bearer token", "X-Kept": "yes" },
};

describe.each(targets)("redirects of a $name client", (target) => {
  test("are not followed by default", async () => {
    const { url: goal } = await listen(target);
    const { url } = await redirectTo(goal);
    const client = connect(target, url);
    expect((await nextError(client)).message).toBe("Unexpected server response: 302");
  });

  test.each([300, 301, 302, 303, 307, 308])("of %d are followed when asked for", async (status) => {
    const { url: goal } = await listen(target);
    const { url } = await redirectTo(`${goal}/there`, status);
    const client = connect(target, url, { followRedirects: true });
    const redirected = next<[string, ClientRequest]>(client, "redirect");
    expect(client.url).toBe(`${url}/`);
    await next(client, "open");
    expect(client.url).toBe(`${goal}/there`);
    const [to, request] = await redirected;
    expect(to).toBe(`${goal}/there`);
    expect(request.path).toBe("/there");
  });

  test("may be relative, and of http", async () => {
    const { http, url, port } = await listenHttp();
    const server = new target.WebSocketServer({ noServer: true });
    const paths: (string | undefined)[] = [];
    const locations: Record<string, string> = {
      "/a": "/b?x=1",
      "/b?x=1": `http://127.0.0.1:${port}/c`,
    };
    http.on("upgrade", (request, socket, head) => {
      paths.push(request.url);
      const location = locations[String(request.url)];
      if (location === undefined)
        server.handleUpgrade(request, socket, head, (each) => onTestEnd(() => each.terminate()));
      else socket.end(`HTTP/1.1 302 Found\r\nLocation: ${location}\r\n\r\n`);
    });
    const client = connect(target, `${url}/a`, { followRedirects: true });
    const redirects: string[] = [];
    client.on("redirect", (to: string) => redirects.push(to));
    await next(client, "open");
    expect(paths).toEqual(["/a", "/b?x=1", "/c"]);
    expect(redirects).toEqual([`${url}/b?x=1`, `${url}/c`]);
    expect(client.url).toBe(`${url}/c`);
  });

  test("carry the subprotocols on", async () => {
    const { url: goal } = await listen(target);
    const { url } = await redirectTo(goal);
    const client = connect(target, url, ["chat"], { followRedirects: true });
    await next(client, "open");
    expect(client.protocol).toBe("chat");
  });

  test("without a Location are an unexpected response", async () => {
    const { url } = await listenHttp((_request, response) => response.writeHead(302).end());
    const client = connect(target, url, { followRedirects: true });
    expect((await nextError(client)).message).toBe("Unexpected server response: 302");
  });

  test.each([0, 1, 3])("past maxRedirects %d are an error", async (maxRedirects) => {
    const { http, url } = await listenHttp();
    let count = 0;
    http.on("upgrade", (_request, socket) => {
      count += 1;
      socket.end("HTTP/1.1 302 Found\r\nLocation: /\r\n\r\n");
    });
    const client = connect(target, url, { followRedirects: true, maxRedirects });
    const [error, closed] = [nextError(client), nextClose(client)];
    expect((await error).message).toBe("Maximum redirects exceeded");
    expect((await closed).code).toBe(1006);
    expect(count).toBe(maxRedirects + 1);
  });

  test("stop after 10 by default", async () => {
    const { http, url } = await listenHttp();
    let count = 0;
    http.on("upgrade", (_request, socket) => {
      count += 1;
      socket.end("HTTP/1.1 302 Found\r\nLocation: /\r\n\r\n");
    });
    const client = connect(target, url, { followRedirects: true });
    expect((await nextError(client)).message).toBe("Maximum redirects exceeded");
    expect(count).toBe(11);
  });

  test.each<[string, string, string]>([
    ["ws://", "no URL", "Invalid URL: ws://"],
    ["ftp://example.com/", "another protocol", "The URL's protocol must be one of"],
    ["ws://127.0.0.1:1/#a", "a fragment", "The URL contains a fragment identifier"],
  ])("to %s (%s) are an error", async (location, _, message) => {
    const { url } = await redirectTo(location);
    const client = connect(target, url, { followRedirects: true });
    const [error, closed] = [nextError(client), nextClose(client)];
    expect(await error).toBeInstanceOf(SyntaxError);
    expect((await error).message).toContain(message);
    expect((await closed).code).toBe(1006);
  });

  test("to the same host keep credentials", async () => {
    const { http, url } = await listenHttp();
    const done = deferred<IncomingMessage>();
    http.on("upgrade", (request, socket) => {
      if (request.url === "/there") done.resolve(request);
      socket.end("HTTP/1.1 302 Found\r\nLocation: /there\r\n\r\n");
    });
    const client = connect(target, url, { ...secrets, auth: undefined, maxRedirects: 1 });
    client.on("error", () => {});
    const { headers } = await done.promise;
    expect(headers).toMatchObject({
      cookie: "id=1",
      authorization: "Bearer token",
      "x-kept": "yes",
    });
  });

  test("to another host drop cookies and credentials, and keep other headers", async () => {
    const goal = await redirectTo("/", 302);
    const { url } = await redirectTo(goal.url);
    const client = connect(target, url, { ...secrets, maxRedirects: 1 });
    await nextError(client);
    const { headers } = goal.asked[0] as IncomingMessage;
    expect(headers).not.toHaveProperty("cookie");
    expect(headers).not.toHaveProperty("authorization");
    expect(headers["x-kept"]).toBe("yes");
  });

  test("to another host and back do not bring credentials back", async () => {
    const first = await listenHttp();
    const paths: [string | undefined, string | undefined][] = [];
    const second = await redirectTo(`${first.url}/back`);
    first.http.on("upgrade", (request, socket) => {
      paths.push([request.url, request.headers.cookie]);
      socket.end(
        request.url === "/back"
          ? "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"
          : `HTTP/1.1 302 Found\r\nLocation: ${second.url}\r\n\r\n`,
      );
    });
    const client = connect(target, first.url, secrets);
    await nextError(client);
    expect(second.asked[0]?.headers.cookie).toBeUndefined();
    expect(paths[0]).toEqual(["/", "id=1"]);
    expect(paths[1]?.[0]).toBe("/back");
  });

  test("from wss to ws drop credentials", async () => {
    const goal = await redirectTo("/");
    const secure = createSecureServer({ key, cert: certificate });
    onTestEnd(() => {
      secure.closeAllConnections();
      secure.close();
    });
    secure.on("upgrade", (_request, socket) => {
      socket.end(`HTTP/1.1 302 Found\r\nLocation: ${goal.url}\r\n\r\n`);
    });
    await new Promise<void>((resolve) => secure.listen(0, "127.0.0.1", resolve));
    const { port } = secure.address() as AddressInfo;
    const client = connect(target, `wss://127.0.0.1:${port}`, {
      ...secrets,
      rejectUnauthorized: false,
      maxRedirects: 1,
    });
    await nextError(client);
    const { headers } = goal.asked[0] as IncomingMessage;
    expect(headers).not.toHaveProperty("cookie");
    expect(headers).not.toHaveProperty("authorization");
    expect(headers["x-kept"]).toBe("yes");
  });

  test("take new credentials from a listener of 'redirect'", async () => {
    const goal = await redirectTo("/");
    const { url } = await redirectTo(goal.url);
    const client = connect(target, url, { ...secrets, maxRedirects: 1 });
    client.once("redirect", (_to: string, request: ClientRequest) =>
      request.setHeader("Cookie", "id=2"),
    );
    await nextError(client);
    expect(goal.asked[0]?.headers.cookie).toBe("id=2");
  });

  test("may be ended by a listener of 'redirect'", async () => {
    const { url: goal } = await listen(target);
    const { url } = await redirectTo(goal);
    const client = connect(target, url, { followRedirects: true });
    client.on("open", () => expect.unreachable("it was closed"));
    client.on("redirect", () => client.terminate());
    const [error, closed] = [nextError(client), nextClose(client)];
    expect((await error).message).toBe(
      "WebSocket was closed before the connection was established",
    );
    expect((await closed).code).toBe(1006);
  });

  test("to another host drop credentials that stand in the Location, too", async () => {
    const goal = await redirectTo("/");
    const { url } = await redirectTo(goal.url.replace("//", "//bob:new@"));
    const client = connect(target, url, { followRedirects: true, maxRedirects: 1 });
    await nextError(client);
    expect(goal.asked[0]?.headers.authorization).toBeUndefined();
  });
});
