import { afterEach, expect, it } from "vitest";
import { start } from "../server.fixture.ts";
import { listen } from "./channels.ts";

interface Line {
  readonly level: string;
  readonly fields: object;
}

const lines: Line[] = [];
const told: unknown[] = [];
const endings: (() => void)[] = [];

afterEach(() => {
  for (const end of endings.splice(0)) end();
  lines.length = 0;
  told.length = 0;
});

/** A logger that keeps what it gets. */
const logger = Object.fromEntries(
  ["trace", "debug", "info", "warn", "error", "fatal"].map((level) => [
    level,
    (fields: object) => lines.push({ level, fields }),
  ]),
) as never; // of all levels

const POLLING = "/socket.io/?EIO=4&transport=polling";

it("names a foreign origin in the log, and not in the answer", async () => {
  const { url } = await start({ logger });
  endings.push(listen("refused", (notice) => told.push(notice)));
  const response = await fetch(url + POLLING, { headers: { Origin: "https://evil.example" } });
  expect(response.status).toBe(403);
  expect(await response.text()).not.toContain("evil.example");
  expect(JSON.stringify([...response.headers])).not.toContain("evil.example");
  expect(lines).toMatchObject([
    {
      level: "warn",
      fields: { request: { headers: { origin: "https://evil.example" } } },
    },
  ]);
  expect(told).toMatchObject([{ what: "handshake", code: "OPENLINE_ORIGIN" }]);
});

it("counts a handshake that is too many by the code of its limit, and tells when to come back", async () => {
  const { url } = await start({
    logger,
    limits: { connectionsPerAddress: false, handshakesPerAddress: { perSecond: 0.1, burst: 1 } },
  });
  endings.push(listen("refused", (notice) => told.push(notice)));
  await (await fetch(url + POLLING)).text();
  const response = await fetch(url + POLLING);
  expect(response.status).toBe(429);
  const body = (await response.json()) as { detail: string; retryAfterMs: number };
  expect(body.detail).toBe("OPENLINE_TOO_MANY_HANDSHAKES");
  expect(body.retryAfterMs).toBeGreaterThan(1_000);
  expect(Number(response.headers.get("retry-after"))).toBe(Math.ceil(body.retryAfterMs / 1_000));
  expect(told).toMatchObject([{ what: "handshake", code: "OPENLINE_TOO_MANY_HANDSHAKES" }]);
});

it("writes down what the HTTP API refuses, without the key", async () => {
  const { url } = await start({ logger, httpApi: { keys: ["0123456789abcdef"] } });
  const headers = { Authorization: "Bearer not-the-right-key" };
  expect((await fetch(`${url}/openline/v1/history?room=r`, { headers })).status).toBe(401);
  expect(lines).toMatchObject([{ level: "warn", fields: { code: "OPENLINE_UNAUTHORIZED" } }]);
  expect(JSON.stringify(lines)).not.toContain("not-the-right-key");
});
