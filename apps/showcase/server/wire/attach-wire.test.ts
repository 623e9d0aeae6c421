import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { WebSocket } from "@openline/websocket";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import {
  type TapReport,
  type TapRequest,
  type WatchReport,
  wireLimits,
  wirePaths,
} from "../../protocol/wire.ts";
import { type Showcase, startShowcase } from "../showcase.ts";

let showcase: Showcase;
let tap: TestTap;
const sockets: Socket[] = [];

beforeEach(async () => {
  showcase = await startShowcase({
    port: 0,
    host: "127.0.0.1",
    openPages: () => ({ handle: (_, response) => response.end() }),
    chat: { dataPath: null, botKey: undefined },
  });
  tap = await TestTap.open();
});

afterEach(async () => {
  vi.useRealTimers();
  for (const socket of sockets.splice(0)) socket.destroy();
  await showcase.shutdown(0);
});

/** A page's line to the server's reports. */
class TestTap {
  readonly reports: TapReport[] = [];
  private readonly socket: WebSocket;

  private constructor(socket: WebSocket) {
    this.socket = socket;
    socket.on("message", (data) => this.reports.push(JSON.parse(data.toString())));
  }

  static async open(): Promise<TestTap> {
    const opened = new TestTap(new WebSocket(`${showcase.url.replace("http", "ws")}/wire/tap`));
    await expect.poll(() => opened.id).not.toBe("");
    return opened;
  }

  get id(): string {
    const first = this.reports[0];
    return first?.type === "tap" ? first.id : "";
  }

  ask(request: TapRequest | string): void {
    this.socket.send(typeof request === "string" ? request : JSON.stringify(request));
  }

  /** The code that it is closed with. */
  async closed(): Promise<number> {
    const [code] = (await once(this.socket, "close")) as [number];
    return code;
  }

  close(): void {
    this.socket.close();
  }

  /** What passed on a connection, one way. */
  bytes(connection: number, from: "client" | "server"): Buffer {
    const chunks = this.of(connection).flatMap((report) =>
      report.type === "bytes" && report.from === from ? [Buffer.from(report.bytes, "base64")] : [],
    );
    return Buffer.concat(chunks);
  }

  of(connection: number): WatchReport[] {
    return this.reports.filter(
      (report): report is WatchReport => "connection" in report && report.connection === connection,
    );
  }
}

/** A client that writes and reads bytes, nothing more. */
class RawClient {
  readonly received: Buffer[] = [];
  readonly socket: Socket;
  readonly requestLines: readonly string[];

  constructor(path: string) {
    const { port, host } = new URL(showcase.url);
    this.socket = connect(Number(port), "127.0.0.1");
    this.socket.on("data", (chunk) => this.received.push(chunk));
    this.requestLines = [
      `GET ${path} HTTP/1.1`,
      `Host: ${host}`,
      "Upgrade: websocket",
      "connection: Upgrade",
      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
      "SEC-WEBSOCKET-VERSION: 13",
    ];
    this.socket.write(`${this.requestLines.join("\r\n")}\r\n\r\n`);
    sockets.push(this.socket);
  }

  get all(): Buffer {
    return Buffer.concat(this.received);
  }

  async opened(): Promise<void> {
    await expect.poll(() => this.all.includes("\r\n\r\n")).toBe(true);
  }
}

function pollUrl(path: string, query: Record<string, string> = {}): string {
  const search = new URLSearchParams({ tap: tap.id, interval: "1000", after: "0", ...query });
  return `${showcase.url}${path}?${search}`;
}

test("reports a connection byte for byte", async () => {
  const client = new RawClient(`${wirePaths.socket}?tap=${tap.id}`);
  await client.opened();
  // The masked text of RFC 6455 §5.7, a masked ping, and a close.
  const sent = [...["818537fa213d7f9f4d5158", "898100000000ff", "8882000000000fa0"]].map((hex) =>
    Buffer.from(hex, "hex"),
  );
  for (const frame of sent) client.socket.write(frame);
  await once(client.socket, "end");
  await expect.poll(() => tap.of(1).at(-1)?.type).toBe("end");
  expect(tap.of(1)[0]).toMatchObject({ type: "request", lines: client.requestLines });
  expect(tap.bytes(1, "client").toString("hex")).toBe(Buffer.concat(sent).toString("hex"));
  expect(tap.bytes(1, "server").toString("latin1")).toBe(client.all.toString("latin1"));
  expect(client.all.toString("latin1")).toContain("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
  expect(client.all.toString("hex")).toMatch(/810548656c6c6f8a01ff88020fa0$/);
});

test("numbers a page's connections, and looks at few at once", async () => {
  for (let at = 0; at <= wireLimits.watchedConnections; at += 1) {
    await new RawClient(`${wirePaths.socket}?tap=${tap.id}`).opened();
  }
  tap.ask({ type: "clock", sentMs: 7 });
  await expect.poll(() => tap.reports.at(-1)).toMatchObject({ type: "clock", sentMs: 7 });
  const requests = tap.reports.filter(({ type }) => type === "request");
  expect(requests.map((report) => "connection" in report && report.connection)).toEqual(
    Array.from({ length: wireLimits.watchedConnections }, (_, at) => at + 1),
  );
});

test("answers polls of pages that it knows, and of no others", async () => {
  expect((await fetch(pollUrl(wirePaths.polling))).status).toBe(200);
  for (const query of [{ tap: "guessed" }, { interval: "999" }, { after: "1.5" }]) {
    expect((await fetch(pollUrl(wirePaths.polling, query as Record<string, string>))).status).toBe(
      400,
    );
  }
  tap.close();
  await tap.closed();
  await expect.poll(async () => (await fetch(pollUrl(wirePaths.longPolling))).status).toBe(400);
});

test("gives the same updates by all three transports", async () => {
  const query = { interval: "100" };
  const socket = new WebSocket(pollUrl(wirePaths.ticker, query).replace("http", "ws"));
  const heard: { seq: number }[] = [];
  socket.on("message", (data) => heard.push(JSON.parse(data.toString())));
  await expect.poll(() => heard.length).toBeGreaterThan(3);
  const after = String((heard[0]?.seq ?? 0) - 1);
  for (const path of [wirePaths.polling, wirePaths.longPolling]) {
    const answer = await fetch(pollUrl(path, { ...query, after }));
    const { updates } = (await answer.json()) as { updates: unknown[] };
    expect(updates.slice(0, 3)).toEqual(heard.slice(0, 3));
  }
  socket.close();
});

test("counts what a transport costs as the wire has it", async () => {
  const client = new RawClient(pollUrl(wirePaths.ticker).slice(showcase.url.length));
  await client.opened();
  await expect.poll(() => client.received.length, { timeout: 5_000 }).toBeGreaterThan(1);
  const costs = async () => {
    const seen = tap.reports.length;
    tap.ask({ type: "costs", reset: false });
    await expect.poll(() => tap.reports.length).toBeGreaterThan(seen);
    const last = tap.reports.at(-1);
    return last?.type === "costs" ? last.costs.webSocket : undefined;
  };
  const requestBytes = `${client.requestLines.join("\r\n")}\r\n\r\n`.length;
  await expect
    .poll(costs)
    .toEqual({ bytesIn: requestBytes, bytesOut: client.all.length, requests: 1 });
});

test("refuses polls that come too fast", async () => {
  const answers = await Promise.all(
    Array.from({ length: 200 }, () => fetch(pollUrl(wirePaths.polling))),
  );
  const refused = answers.filter(({ status }) => status === 429);
  expect(refused.length).toBeGreaterThan(0);
  expect(Number(refused[0]?.headers.get("retry-after"))).toBeGreaterThan(0);
});

test.each([
  ["no JSON", "{", 1007],
  ["an unknown request", `{"type":"tap"}`, 1007],
  ["a clock without a time", `{"type":"clock"}`, 1007],
  ["too much", "x".repeat(wireLimits.requestBytes + 1), 1009],
])("closes a tap that says %s", async (_, text, code) => {
  tap.ask(text);
  expect(await tap.closed()).toBe(code);
});

test("answers polls that wait when it shuts down", async () => {
  // No update comes.
  vi.useFakeTimers({ toFake: ["setInterval"] });
  const polls = Array.from({ length: wireLimits.waitingPolls + 1 }, () =>
    fetch(pollUrl(wirePaths.longPolling)),
  );
  // One too many: the others wait.
  const first = await Promise.race(polls);
  expect(first.status).toBe(429);
  await showcase.shutdown(1_000);
  const others = (await Promise.all(polls)).filter((answer) => answer !== first);
  expect(others.map(({ status }) => status)).toEqual([200, 200]);
  expect(await others[0]?.json()).toEqual({ updates: [] });
});

test.each([wirePaths.polling, wirePaths.longPolling])("%s takes nothing but GET", async (path) => {
  const url = `${showcase.url}${path}?tap=${tap.id}&interval=1000`;
  for (const method of ["POST", "HEAD", "DELETE"]) {
    const response = await fetch(url, { method });
    expect([response.status, response.headers.get("allow")]).toEqual([405, "GET"]);
  }
});
