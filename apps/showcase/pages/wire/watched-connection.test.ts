import { describe, expect, test } from "vitest";
import type { WatchReport } from "../../protocol/wire.ts";
import { ReportReader } from "./watched-connection.ts";

const answer = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n";
const text = "\x81\x02hi";

function reader(): { seen: unknown[]; take: (report: WatchReport) => void } {
  const seen: unknown[] = [];
  const reports = new ReportReader({
    onRequest: (connection, lines) => seen.push(["request", connection, ...lines]),
    onResponse: (connection, lines) => seen.push(["response", connection, ...lines]),
    onFrame: ({ frame, from, isText }) =>
      seen.push([from, frame.opcode, new TextDecoder().decode(frame.payload), isText]),
    onEnd: (connection) => seen.push(["end", connection]),
  });
  return { seen, take: (report) => reports.take(report) };
}

function request(connection: number): WatchReport {
  return { type: "request", connection, atMs: 0, lines: ["GET / HTTP/1.1"] };
}

function bytes(connection: number, from: "client" | "server", data: string): WatchReport {
  return { type: "bytes", connection, from, atMs: 0, bytes: btoa(data) };
}

describe("the bytes of a connection", () => {
  test("are the answer's head and then frames, wherever they are cut", () => {
    const all = answer + text;
    for (let cut = 0; cut <= all.length; cut += 1) {
      const { seen, take } = reader();
      take(request(1));
      take(bytes(1, "server", all.slice(0, cut)));
      take(bytes(1, "server", all.slice(cut)));
      expect(seen).toEqual([
        ["request", 1, "GET / HTTP/1.1"],
        ["response", 1, "HTTP/1.1 101 Switching Protocols", "Upgrade: websocket"],
        ["server", 1, "hi", true],
      ]);
    }
  });

  test("from the client are frames at once, even before the answer is known", () => {
    const { seen, take } = reader();
    take(request(1));
    take(bytes(1, "client", text));
    expect(seen.at(-1)).toEqual(["client", 1, "hi", true]);
  });

  test("of two connections do not mix", () => {
    const { seen, take } = reader();
    take(request(1));
    take(bytes(1, "server", answer));
    take(bytes(1, "server", text.slice(0, 1)));
    take(request(2));
    take(bytes(2, "server", answer + text));
    take(bytes(1, "server", text.slice(1)));
    take({ type: "end", connection: 1, atMs: 0 });
    take(bytes(1, "server", text));
    expect(seen.slice(2)).toEqual([
      ["request", 2, "GET / HTTP/1.1"],
      ["response", 2, "HTTP/1.1 101 Switching Protocols", "Upgrade: websocket"],
      ["server", 1, "hi", true],
      ["server", 1, "hi", true],
      ["end", 1],
    ]);
  });
});

test("a continuation is text if its message began as one, each way by itself", () => {
  const { seen, take } = reader();
  take(request(1));
  take(bytes(1, "server", `${answer}\x01\x01a`));
  take(bytes(1, "client", "\x02\x01b\x80\x01c"));
  take(bytes(1, "server", "\x89\x00\x80\x01d"));
  expect(seen.slice(2)).toEqual([
    ["server", 1, "a", true],
    ["client", 2, "b", false],
    ["client", 0, "c", false],
    ["server", 9, "", false],
    ["server", 0, "d", true],
  ]);
});
