import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { Ajv2020 } from "ajv/dist/2020.js";
import { afterAll, describe, expect, test } from "vitest";
import type { Log, LogStore } from "../log/log.ts";
import { LogError } from "../log/log-error.ts";
import { memoryLog } from "../log/memory-log.ts";
import { type Running, start } from "../server.fixture.ts";
import { Server } from "../server.ts";

const key = "a-key-of-a-back-end";

interface Operation {
  readonly responses: Readonly<Record<string, unknown>>;
}

const description = JSON.parse(
  readFileSync(new URL("../../openapi.json", import.meta.url), "utf8"),
) as {
  paths: Record<string, Record<string, Operation>>;
};

const ajv = new Ajv2020({ strict: false });
ajv.addSchema({ $id: "openapi", ...description });
/** What was seen of what is described. */
const seen = new Set<string>();

/** Asks, and holds the answer against the description. */
async function ask(
  { url }: Running,
  path: string,
  init: RequestInit & { key?: string } = {},
): Promise<{ status: number; headers: Headers; body: Record<string, unknown> }> {
  const headers = { Authorization: `Bearer ${init.key ?? key}`, ...init.headers };
  const response = await fetch(`${url}/openline/v1${path}`, { ...init, headers });
  const body = (await response.json()) as Record<string, unknown>;
  hold(path, init.method ?? "GET", response.status, body);
  return { status: response.status, headers: response.headers, body };
}

function hold(path: string, method: string, status: number, body: unknown): void {
  const name = path.split("?", 1)[0] ?? "";
  const methods = description.paths[name];
  if (methods === undefined) return;
  // A wrong method is described with those that are right.
  const [operation = ""] =
    method.toLowerCase() in methods ? [method.toLowerCase()] : Object.keys(methods);
  expect(Object.keys(methods[operation]?.responses ?? {})).toContain(String(status));
  seen.add(`${operation} ${name} ${status}`);
  const pointer = [name.replaceAll("/", "~1"), operation, "responses", status].join("/");
  const response = methods[operation]?.responses[status] as { $ref?: string };
  const at = response.$ref === undefined ? `#/paths/${pointer}` : response.$ref;
  const validate = ajv.compile({
    $ref: `openapi${at}/content/application~1json/schema`,
  });
  expect(validate(body), JSON.stringify([body, validate.errors])).toBe(true);
}

function post(body: unknown, headers: Record<string, string> = {}): RequestInit {
  return {
    method: "POST",
    body: typeof body === "string" ? body : JSON.stringify(body),
    headers: { "Content-Type": "application/json", ...headers },
  };
}

async function api(log?: LogStore, onError?: () => void): Promise<Running> {
  const running = await start({
    log,
    onError,
    httpApi: { keys: [key, "another-key-of-a-back-end"], maxBodyBytes: 4_096, maxBatch: 10 },
  });
  running.io.rooms("chat:*", { delivery: "durable" });
  return running;
}

describe("the HTTP API", () => {
  test("publishes, and reads what was published", async () => {
    const running = await api();
    const message = { room: "chat:1", event: "message", data: { text: "hi" }, id: "m1" };
    const { status, body } = await ask(running, "/publish", post(message));
    expect(status).toBe(200);
    expect(body).toMatchObject({ offset: 1, duplicate: false });
    const again = await ask(running, "/publish", post(message));
    expect(again.body).toEqual({ ...body, duplicate: true });
    const history = await ask(running, "/history?room=chat:1");
    expect(history.body).toMatchObject({
      messages: [{ offset: 1, event: "message", args: [{ text: "hi" }], id: "m1" }],
      position: { epoch: body.epoch, offset: 1 },
      gap: false,
      hasMore: false,
    });
  });

  test("takes the id from Idempotency-Key, and either way to bear a key", async () => {
    const running = await api();
    const message = { room: "chat:1", event: "message", data: 1 };
    const init = post(message, {
      "Idempotency-Key": "m1",
      "X-API-Key": "another-key-of-a-back-end",
      Authorization: "",
    });
    expect((await ask(running, "/publish", init)).body).toMatchObject({ duplicate: false });
    expect((await ask(running, "/publish", init)).body).toMatchObject({ duplicate: true });
  });

  test("publishes a batch in its order, with a result for each", async () => {
    const running = await api();
    const batch = {
      room: "chat:1",
      event: "message",
      messages: [{ data: 1 }, { data: 2, room: "chat:2" }, { event: "connect" }, { data: 3 }],
    };
    const init = post(batch, { "Idempotency-Key": "b1" });
    const { status, body } = await ask(running, "/publish", init);
    expect(status).toBe(200);
    expect(body.results).toMatchObject([
      { offset: 1 },
      { offset: 1 },
      { code: "OPENLINE_BAD_REQUEST" },
      { offset: 2 },
    ]);
    const again = await ask(running, "/publish", init);
    expect(again.body.results).toMatchObject([
      { duplicate: true },
      { duplicate: true },
      {},
      { offset: 2, duplicate: true },
    ]);
  });

  test("reads from a position, and backwards", async () => {
    const running = await api();
    for (let index = 1; index <= 5; index += 1) {
      await running.io.room("chat:1").publish("message", index);
    }
    const offsets = async (query: string): Promise<unknown> => {
      const { body } = await ask(running, `/history?room=chat:1&${query}`);
      const messages = body.messages as { offset: number }[];
      return [messages.map(({ offset }) => offset), body.hasMore, body.gap];
    };
    expect(await offsets("after=2&limit=2")).toEqual([[3, 4], true, false]);
    expect(await offsets("before=3")).toEqual([[1, 2], false, false]);
    expect(await offsets("after=4&epoch=another")).toEqual([[1, 2, 3, 4, 5], false, true]);
    expect(await offsets("after=9")).toEqual([[1, 2, 3, 4, 5], false, true]);
  });

  test("refuses whoever bears no key, and does nothing", async () => {
    const running = await api();
    for (const wrong of ["", "a-key-of-a-back-ene", `${key}x`]) {
      for (const [path, init] of [
        ["/publish", post({ room: "chat:1", event: "message" })],
        ["/history?room=chat:1", {}],
        ["/openapi.json", {}],
      ] as const) {
        const { status, headers, body } = await ask(running, path, { ...init, key: wrong });
        expect(status).toBe(401);
        expect(headers.get("www-authenticate")).toBe("Bearer");
        expect(body.code).toBe("OPENLINE_UNAUTHORIZED");
      }
    }
    expect((await running.io.room("chat:1").history()).messages).toEqual([]);
  });

  test("refuses pages of other origins, whatever they bear", async () => {
    const running = await api();
    for (const [path, init] of [
      ["/publish", post({ room: "chat:1", event: "message" }, { Origin: "https://evil.example" })],
      ["/history?room=chat:1", { headers: { Origin: "https://evil.example" } }],
      ["/openapi.json", { headers: { Origin: "null" } }],
    ] as const) {
      const { status, body } = await ask(running, path, init);
      expect([status, body.code]).toEqual([403, "OPENLINE_ORIGIN"]);
      expect(JSON.stringify(body)).not.toContain("evil");
    }
    const own = { headers: { Origin: running.url } };
    expect((await ask(running, "/openapi.json", own)).status).toBe(200);
  });

  test("asks for the origins that the server was attached with", async () => {
    const http = createServer();
    const io = new Server();
    io.rooms("chat:*", { delivery: "durable" });
    const origins = ["https://app.example"];
    io.attach(http, { httpApi: { keys: [key] }, origins });
    http.listen(0, "127.0.0.1");
    await once(http, "listening");
    const { port } = http.address() as AddressInfo;
    const statusFor = async (origin: string): Promise<number> => {
      const headers = { Authorization: `Bearer ${key}`, Origin: origin };
      const url = `http://127.0.0.1:${port}/openline/v1/history?room=chat:1`;
      return (await fetch(url, { headers })).status;
    };
    expect(await statusFor("https://app.example")).toBe(200);
    expect(await statusFor("https://evil.example")).toBe(403);
    await io.close();
  });

  test("is not there without a key", async () => {
    const running = await start();
    expect((await fetch(`${running.url}/openline/v1/history?room=chat:1`)).status).toBe(404);
    await expect(start({ httpApi: { keys: [] } })).rejects.toThrow("httpApi.keys");
    await expect(start({ httpApi: { keys: ["short"] } })).rejects.toThrow("openssl rand");
  });

  test("says what is wrong with a request", async () => {
    const running = await api();
    running.io.of("/plain");
    const refusals: readonly [number, string, RequestInit][] = [
      [400, "/publish", post("{")],
      [400, "/publish", post("[]")],
      [400, "/publish", post({ room: "chat:1" })],
      [400, "/publish", post({ event: "x" })],
      [400, "/publish", post({ room: "chat:1", event: "x", id: "" })],
      [400, "/publish", post({ room: "chat:1", event: "openline:gap" })],
      [400, "/publish", post({ room: "chat:1", messages: [] })],
      [400, "/publish", post({ messages: Array.from({ length: 11 }, () => ({})) })],
      [404, "/publish", post({ room: "chat:1", event: "x", namespace: "/none" })],
      [409, "/publish", post({ room: "chat:1", event: "x", namespace: "/plain" })],
      [413, "/publish", post({ room: "chat:1", event: "x", data: "x".repeat(4_096) })],
      [415, "/publish", post("room=chat:1", { "Content-Type": "text/plain" })],
      [405, "/publish", {}],
      [405, "/openapi.json", post("")],
      [405, "/history?room=chat:1", post("")],
      [400, "/history", {}],
      [400, "/history?room=chat:1&after=yesterday", {}],
      [404, "/history?room=chat:1&namespace=/none", {}],
      [409, "/history?room=lobby", {}],
      [404, "/", {}],
    ];
    for (const [status, path, init] of refusals) {
      const answer = await ask(running, path, init);
      expect([answer.status, path]).toEqual([status, path]);
      expect(answer.body).toMatchObject({ code: expect.any(String), message: expect.any(String) });
    }
    expect(await ask(running, "/openapi.json")).toMatchObject({ body: description });
  });

  test("tells what may be tried again from what nobody knows", async () => {
    const full = await api(failing(new LogError("OPENLINE_LOG_FULL", "There is no room")));
    const init = post({ room: "chat:1", event: "message", data: 1 });
    const refused = await ask(full, "/publish", init);
    expect(refused.status).toBe(507);
    expect(refused.headers.get("retry-after")).toBe("1");
    expect(refused.body).toMatchObject({ code: "OPENLINE_LOG_FULL", retryAfterMs: 1_000 });
    let reported = 0;
    const broken = await api(
      failing(new LogError("OPENLINE_LOG_FAILED", "The disk is broken")),
      () => {
        reported += 1;
      },
    );
    const unknown = await ask(broken, "/publish", init);
    expect([unknown.status, unknown.body.code]).toEqual([500, "OPENLINE_UNKNOWN_OUTCOME"]);
    expect((await ask(broken, "/history?room=chat:1")).status).toBe(500);
    expect(reported).toBe(2);
    const closing = await api();
    await closing.io.sockets.delivery?.finish();
    const later = await ask(closing, "/publish", init);
    expect([later.status, later.body.code]).toEqual([503, "OPENLINE_CLOSING"]);
  });

  afterAll(() => {
    const described = Object.entries(description.paths).flatMap(([path, methods]) =>
      Object.entries(methods).flatMap(([method, { responses }]) =>
        Object.keys(responses).map((status) => `${method} ${path} ${status}`),
      ),
    );
    expect([...seen].sort()).toEqual(described.sort());
  });
});

/** A log that fails whatever is asked of it. */
function failing(error: Error): LogStore {
  const store = memoryLog();
  const fail = (): Promise<never> => Promise.reject(error);
  return {
    durability: "process",
    isPersistent: false,
    onFailure: null,
    close: () => store.close(),
    open: async (namespace): Promise<Log> => {
      const log = await store.open(namespace);
      return new Proxy(log, {
        get: (target, name) =>
          name === "append" || name === "read" ? fail : Reflect.get(target, name, target),
      });
    },
  };
}
