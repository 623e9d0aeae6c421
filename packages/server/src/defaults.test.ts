/** The defaults of docs/security.md by their numbers, as whoever comes sees them. */
import { once } from "node:events";
import { request } from "node:http";
import { WebSocket } from "@openline/websocket";
import { describe, expect, it } from "vitest";
import { connected, type Running, start } from "./server.fixture.ts";

const POLLING = "/socket.io/?EIO=4&transport=polling";

interface Answer {
  readonly status: number;
  readonly body: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

/** Asks as a client of that address does. */
async function ask({ url }: Running, address: string, path: string = POLLING): Promise<Answer> {
  const asked = request(url + path, { headers: { "X-Forwarded-For": address } }).end();
  const [response] = (await once(asked, "response")) as [
    NodeJS.ReadableStream & { statusCode: number; headers: Answer["headers"] },
  ];
  let body = "";
  for await (const chunk of response) body += String(chunk);
  return { status: response.statusCode, body, headers: response.headers };
}

function webSocket({ url }: Running, options: object = {}): WebSocket {
  const socket = new WebSocket(
    `${url.replace("http", "ws")}/socket.io/?EIO=4&transport=websocket`,
    options,
  );
  socket.on("error", () => {});
  return socket;
}

/** Sends one message once it is open, and gives the code that it is closed with. */
async function closeCode(socket: WebSocket, message: string): Promise<number> {
  await once(socket, "open");
  socket.send(message);
  const [code] = (await once(socket, "close")) as [number];
  return code;
}

describe("by default", () => {
  it("D1: a message has 1,000,000 bytes", async () => {
    const running = await start();
    running.io.on("connection", (socket) => {
      socket.on("size", (text: string, answer: (size: number) => void) => answer(text.length));
    });
    const client = await connected(running, { transports: ["websocket"] });
    expect(await client.emitWithAck("size", "x".repeat(999_900))).toBe(999_900);
    expect(await closeCode(webSocket(running), `4${"x".repeat(1_000_000)}`)).toBe(1009);
  });

  it("D6: pings come every 25 seconds, and are waited for for 20", async () => {
    const { body } = await ask(await start(), "");
    expect(body).toContain('"pingInterval":25000,"pingTimeout":20000');
  });

  it("D7: an address has 100 connections", async () => {
    const running = await start({ trustProxy: "loopback" });
    for (let count = 1; count <= 100; count += 1) {
      expect((await ask(running, "203.0.113.1")).status).toBe(200);
    }
    const refused = await ask(running, "203.0.113.1");
    expect(refused.status).toBe(429);
    expect(refused.body).toContain("OPENLINE_TOO_MANY_FROM_ADDRESS");
    expect((await ask(running, "203.0.113.2")).status).toBe(200);
  });

  it("D7: an address has 20 connections of which nobody knows whose they are", async () => {
    const running = await start({ trustProxy: "loopback", authenticate: () => null });
    for (let count = 1; count <= 20; count += 1) {
      expect((await ask(running, "2001:db8::1")).status).toBe(200);
    }
    // One of the same /64.
    const refused = await ask(running, "2001:db8::2");
    expect(refused.status).toBe(429);
    expect(refused.body).toContain("OPENLINE_TOO_MANY_UNAUTHENTICATED");
  });

  it("D9: nothing is compressed on WebSockets", async () => {
    const socket = webSocket(await start(), { perMessageDeflate: true });
    await once(socket, "open");
    expect(socket.extensions).toBe("");
    socket.terminate();
  });

  it("D10: pages of other origins get nothing", async () => {
    const running = await start();
    const { url } = running;
    for (const [origin, status] of [
      ["http://evil.example", 403],
      ["null", 403],
      [url, 200],
    ] as const) {
      const response = await fetch(url + POLLING, { headers: { Origin: origin } });
      expect(response.status, origin).toBe(status);
      expect(response.headers.get("access-control-allow-origin")).toBe(null);
      await response.text();
    }
    const socket = webSocket(running, { origin: "http://evil.example" });
    const [error] = (await once(socket, "error")) as [Error];
    expect(error.message).toContain("403");
  });

  it("D11: an address has 200 handshakes at once, refused ones among them", async () => {
    const running = await start({ trustProxy: "loopback" });
    const answers: Answer[] = [];
    const refused = (): Answer | undefined => answers.find(({ status }) => status === 429);
    // A few come back meanwhile.
    while (refused() === undefined) {
      const path = POLLING.replace("EIO=4", "EIO=9");
      const asked = Array.from({ length: 100 }, () => ask(running, "203.0.113.9", path));
      answers.push(...(await Promise.all(asked)));
    }
    expect(answers.filter(({ status }) => status === 400).length).toBeGreaterThanOrEqual(200);
    expect(refused()?.body).toContain("OPENLINE_TOO_MANY_HANDSHAKES");
    expect(refused()?.headers["retry-after"]).toBe("1");
  });

  it("D11: a socket sends 10,000 messages at once, and is told of more", async () => {
    const running = await start();
    let handled = 0;
    running.io.on("connection", (socket) => {
      socket.on("x", () => {
        handled += 1;
      });
    });
    const client = await connected(running, { transports: ["websocket"] });
    const refused = new Promise<unknown>((resolve) => client.once("openline:refused", resolve));
    for (let count = 0; count < 12_000; count += 1) client.emit("x");
    expect(await refused).toMatchObject({
      code: "OPENLINE_TOO_MANY_MESSAGES",
      retryAfterMs: expect.any(Number),
    });
    expect(handled).toBeGreaterThanOrEqual(9_990);
  });
});
