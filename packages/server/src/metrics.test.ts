import { describe, expect, test } from "vitest";
import { metrics } from "./metrics.ts";
import { connected, start } from "./server.fixture.ts";

async function read(url: string, headers: Record<string, string> = {}): Promise<string> {
  const response = await fetch(`${url}/metrics`, { headers });
  expect(response.status).toBe(200);
  expect(response.headers.get("content-type")).toContain("text/plain");
  return response.text();
}

/** The value of a metric; NaN if it is not there. */
function metric(text: string, name: string): number {
  const line = text.split("\n").find((each) => each.startsWith(`${name} `));
  return Number(line?.slice(name.length + 1) ?? Number.NaN);
}

describe("metrics", () => {
  test("count what goes on", async () => {
    const running = await start({ onError: () => {} });
    const { io, url } = running;
    const made = metrics(io);
    io.rooms("chat", { delivery: "durable", authorize: () => false });
    io.on("connection", (socket) => void socket.join("chat"));
    const client = await connected(running, { transports: ["websocket"] });
    await io.room("chat").publish("message", "x".repeat(1_000));
    await client.emitWithAck("openline:join", { room: "chat" });
    await fetch(`${url}/socket.io/?EIO=4&transport=carrier-pigeon`);
    const text = await read(url);
    expect(metric(text, 'openline_connections{transport="websocket"}')).toBe(1);
    expect(metric(text, 'openline_connections{transport="polling"}')).toBe(0);
    expect(metric(text, 'openline_sockets{namespace="/"}')).toBe(1);
    expect(metric(text, 'openline_rooms{namespace="/"}')).toBe(2);
    expect(metric(text, "openline_sent_messages_total")).toBeGreaterThanOrEqual(4);
    expect(metric(text, "openline_sent_bytes_total")).toBeGreaterThan(1_000);
    expect(metric(text, "openline_received_messages_total")).toBeGreaterThanOrEqual(2);
    expect(metric(text, 'openline_connected_total{recovered="false"}')).toBe(1);
    expect(metric(text, 'openline_logged_messages_total{code=""}')).toBe(1);
    expect(metric(text, 'openline_log_commit_seconds_count{durability="process"}')).toBe(1);
    expect(metric(text, 'openline_refused_total{what="request",code="OPENLINE_FORBIDDEN"}')).toBe(
      1,
    );
    expect(metric(text, 'openline_refused_total{what="handshake",code="ENGINE_0"}')).toBe(1);
    expect(text).toContain("nodejs_eventloop_lag_seconds");
    client.disconnect();
    await expect
      .poll(async () => metric(await read(url), 'openline_sockets{namespace="/"}'))
      .toBe(0);
    expect(
      metric(await read(url), 'openline_disconnected_total{reason="client namespace disconnect"}'),
    ).toBe(1);
    made.close();
  });

  test("are for those who bear the key, where there is one", async () => {
    const { io, url } = await start();
    const made = metrics(io, { path: "/metrics", key: "a secret", process: false });
    expect((await fetch(`${url}/metrics`)).status).toBe(401);
    const wrong = { headers: { Authorization: "Bearer a secreT" } };
    expect((await fetch(`${url}/metrics`, wrong)).status).toBe(401);
    const text = await read(url, { Authorization: "Bearer a secret" });
    expect(text).toContain("openline_connections");
    expect(text).not.toContain("nodejs_");
    made.close();
  });

  test("name no namespaces that clients have chosen", async () => {
    const running = await start();
    running.io.of(/^\/room-\d+$/);
    const made = metrics(running.io, { process: false });
    for (const number of [1, 2]) {
      await connected({ ...running, url: `${running.url}/room-${number}` });
    }
    const text = await read(running.url);
    expect(metric(text, 'openline_sockets{namespace="dynamic"}')).toBe(2);
    expect(text).not.toContain("room-1");
    made.close();
  });
});
