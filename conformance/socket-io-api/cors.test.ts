import type { IncomingMessage } from "node:http";
import { describe, expect, test } from "vitest";
import { WebSocket } from "ws";
import { implementations, next, onTestEnd, start } from "./fixture.ts";

const sites = ["https://app.example.com", "https://evil.example.com"] as const;

/** The answer to a WebSocket's handshake. */
async function upgraded(url: string, origin: string): Promise<IncomingMessage> {
  const webSocket = new WebSocket(
    `${url.replace("http", "ws")}/socket.io/?EIO=4&transport=websocket`,
    { origin },
  );
  webSocket.on("error", () => undefined); // told by the answer
  onTestEnd(() => webSocket.terminate());
  return Promise.race([
    next<[IncomingMessage]>(webSocket, "upgrade").then(([response]) => response),
    next<[unknown, IncomingMessage]>(webSocket, "unexpected-response").then(([, answer]) => answer),
  ]);
}

describe.each(implementations)("cors on $name", (implementation) => {
  const { name } = implementation;
  const polling = (url: string): string => `${url}/socket.io/?EIO=4&transport=polling`;

  test("cors answers requests of the pages it names, and their preflights", async () => {
    const { url } = await start(implementation, {
      cors: {
        origin: [sites[0]],
        methods: ["GET", "POST"],
        allowedHeaders: ["x-token"],
        credentials: true,
        maxAge: 600,
      },
    });
    const answer = await fetch(polling(url), { headers: { origin: sites[0] } });
    expect(answer.status).toBe(200);
    expect(answer.headers.get("access-control-allow-origin")).toBe(sites[0]);
    expect(answer.headers.get("access-control-allow-credentials")).toBe("true");
    expect(answer.headers.get("vary")).toContain("Origin");
    const preflight = await fetch(polling(url), {
      method: "OPTIONS",
      headers: { origin: sites[0], "access-control-request-method": "POST" },
    });
    expect(preflight.status).toBe(204);
    expect(preflight.headers.get("access-control-allow-methods")).toBe("GET,POST");
    expect(preflight.headers.get("access-control-allow-headers")).toBe("x-token");
    expect(preflight.headers.get("access-control-max-age")).toBe("600");
  });

  test("cors says nothing to pages it does not name", async () => {
    const { url } = await start(implementation, { cors: { origin: [sites[0]] } });
    const answer = await fetch(polling(url), { headers: { origin: sites[1] } });
    // Socket.IO leaves it to the browser to hide the answer; ours opens no session.
    expect(answer.status).toBe(name === "openline" ? 403 : 200);
    expect(answer.headers.get("access-control-allow-origin")).toBeNull();
    const { statusCode } = await upgraded(url, sites[1]);
    expect(statusCode).toBe(name === "openline" ? 403 : 101);
    expect((await upgraded(url, sites[0])).statusCode).toBe(101);
  });

  test.each([
    { form: "one origin", origin: sites[0] },
    { form: "a pattern", origin: /app\.example/ },
    { form: "all", origin: "*" },
    { form: "a mirror", origin: true },
    {
      form: "a function",
      origin: (origin: string | undefined, done: (error: null, isAllowed: boolean) => void): void =>
        done(null, origin === sites[0]),
    },
  ])("cors takes $form, for polling and WebSocket", async ({ form, origin }) => {
    const { url } = await start(implementation, { cors: { origin } as never });
    const answer = await fetch(polling(url), { headers: { origin: sites[0] } });
    expect(answer.status).toBe(200);
    const allowed = form === "all" ? "*" : sites[0];
    expect(answer.headers.get("access-control-allow-origin")).toBe(allowed);
    expect((await upgraded(url, sites[0])).statusCode).toBe(101);
  });

  test("without cors no page of another origin gets an answer that it can read", async () => {
    const { url } = await start(implementation);
    const answer = await fetch(polling(url), { headers: { origin: sites[0] } });
    expect(answer.headers.get("access-control-allow-origin")).toBeNull();
    const { statusCode } = await upgraded(url, sites[0]);
    expect(statusCode).toBe(name === "openline" ? 403 : 101);
  });
});
