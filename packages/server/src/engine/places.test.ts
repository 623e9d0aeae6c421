import { describe, expect, test } from "vitest";
import { connected, type Running, start } from "../server.fixture.ts";

/** Asks for a session as from that address, by way of a proxy. */
async function open(
  { url }: Running,
  address: string,
  path = "/socket.io/?EIO=4&transport=polling",
): Promise<{ status: number; code: unknown; retryAfter: string | null }> {
  const response = await fetch(url + path, { headers: { "X-Forwarded-For": address } });
  const text = await response.text();
  return {
    status: response.status,
    code: text.startsWith("{") ? (JSON.parse(text) as { detail?: unknown }).detail : null,
    retryAfter: response.headers.get("retry-after"),
  };
}

const trustProxy = "loopback";

describe("places", () => {
  test("are counted for each address, and taken back", async () => {
    const running = await start({ trustProxy, limits: { connectionsPerAddress: 2 } });
    for (const _ of [1, 2]) expect((await open(running, "203.0.113.1")).status).toBe(200);
    expect(await open(running, "203.0.113.1")).toEqual({
      status: 429,
      code: "OPENLINE_TOO_MANY_FROM_ADDRESS",
      retryAfter: "1",
    });
    expect((await open(running, "203.0.113.2")).status).toBe(200);
    // One who connects by WebSocket counts as well, and an IPv6 address by its /64.
    expect((await open(running, "2001:db8::1")).status).toBe(200);
    expect((await open(running, "2001:db8::2")).status).toBe(200);
    expect((await open(running, "2001:db8::3")).status).toBe(429);
    const [gone] = running.io.engine.clients.values();
    expect(gone?.remoteAddress).toBe("203.0.113.1");
    gone?.close(true);
    expect((await open(running, "203.0.113.1")).status).toBe(200);
  });

  test("are bounded in all", async () => {
    const running = await start({ limits: { connections: 1 } });
    const client = await connected(running, { transports: ["websocket"] });
    expect(await open(running, "")).toMatchObject({
      status: 503,
      code: "OPENLINE_TOO_MANY_CONNECTIONS",
    });
    client.close();
    await expect.poll(async () => (await open(running, "")).status).toBe(200);
  });

  test("are taken at a pace", async () => {
    const running = await start({
      trustProxy,
      limits: { handshakesPerAddress: { perSecond: 0.001, burst: 3 } },
    });
    for (const _ of [1, 2, 3]) expect((await open(running, "203.0.113.1")).status).toBe(200);
    const refused = await open(running, "203.0.113.1");
    expect(refused).toMatchObject({ status: 429, code: "OPENLINE_TOO_MANY_HANDSHAKES" });
    expect(Number(refused.retryAfter)).toBeGreaterThan(500);
    expect((await open(running, "203.0.113.2")).status).toBe(200);
  });

  test("of those whom nobody knows are fewer", async () => {
    const running = await start({
      trustProxy,
      authenticate: ({ auth }) => (auth.id === undefined ? null : { id: String(auth.id) }),
      limits: { unauthenticatedPerAddress: 1, authentication: 60_000 },
    });
    const extraHeaders = { "X-Forwarded-For": "203.0.113.1" };
    const as = (id: string): Parameters<typeof connected>[1] => ({
      auth: { id },
      extraHeaders,
      transports: ["polling"],
    });
    await connected(running, as("ada"));
    await connected(running, as("bob"));
    expect((await open(running, "203.0.113.1")).status).toBe(200);
    expect(await open(running, "203.0.113.1")).toMatchObject({
      status: 429,
      code: "OPENLINE_TOO_MANY_UNAUTHENTICATED",
    });
    expect((await open(running, "203.0.113.2")).status).toBe(200);
  });

  test("of a client that says what nobody asked do not count for others", async () => {
    // Without a proxy that is trusted, the header is what anybody may write.
    const running = await start({ limits: { connectionsPerAddress: 2 } });
    for (const address of ["203.0.113.1", "203.0.113.2"]) {
      expect((await open(running, address)).status).toBe(200);
    }
    expect((await open(running, "203.0.113.3")).status).toBe(429);
  });

  test("take no other name", async () => {
    await expect(start({ limits: { conections: 1 } as never })).rejects.toThrow("is no limit");
    await expect(start({ trustProxy: "everybody" })).rejects.toThrow("trustProxy");
  });
});
