import type { IncomingMessage } from "node:http";
import { PassThrough } from "node:stream";
import { setTimeout as delay } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { type BodyLimits, readBody } from "./body.ts";

function requestOf(headers: IncomingMessage["headers"] = {}): PassThrough & IncomingMessage {
  return Object.assign(new PassThrough(), { headers }) as PassThrough & IncomingMessage; // what is read of one
}

/** What becomes of a body, told once. */
function read(request: IncomingMessage, limits: Partial<BodyLimits> = {}): Promise<string> {
  return new Promise((resolve) => {
    readBody(
      request,
      { maxBytes: 100_000, timeoutMs: Number.POSITIVE_INFINITY, ...limits },
      {
        done: (body) => resolve(`done ${body.toString()}`),
        tooLong: () => resolve("too long"),
        tooLate: () => resolve("too late"),
        aborted: () => resolve("aborted"),
      },
    );
  });
}

describe("a body", () => {
  const text = Array.from({ length: 9_000 }, (_, at) => String(at % 10)).join("");

  it.each([1, 2, 7, 1_000, 1_023, 1_024, 5_000, 9_000])("is read in chunks of %i", async (size) => {
    const request = requestOf();
    const told = read(request);
    for (let at = 0; at < text.length; at += size) request.write(text.slice(at, at + size));
    request.end();
    expect(await told).toBe(`done ${text}`);
  });

  it("is read in chunks of all sizes", async () => {
    const request = requestOf();
    const told = read(request);
    let at = 0;
    for (let size = 1; at < text.length; size = (size * 5) % 1_931) {
      request.write(text.slice(at, at + size));
      at += size;
    }
    request.end();
    expect(await told).toBe(`done ${text}`);
  });

  it("may be as long as is allowed, and no longer", async () => {
    const whole = requestOf();
    const told = read(whole, { maxBytes: 9_000 });
    whole.end(text);
    expect(await told).toBe(`done ${text}`);
    const more = requestOf();
    const tooLong = read(more, { maxBytes: 8_999 });
    more.write(text.slice(0, 5_000));
    more.write(text.slice(5_000));
    expect(await tooLong).toBe("too long");
    expect(await read(requestOf({ "content-length": "9000" }), { maxBytes: 8_999 })).toBe(
      "too long",
    );
  });

  it("is not waited for longer than is allowed, however often a byte comes", async () => {
    const request = requestOf();
    const told = read(request, { timeoutMs: 50 });
    let isOver = false;
    void told.then(() => {
      isOver = true;
    });
    while (!isOver) {
      request.write("x");
      await delay(5);
    }
    expect(await told).toBe("too late");
  });

  it("is over when the client goes away", async () => {
    const request = requestOf();
    const told = read(request);
    request.write("x");
    request.destroy();
    expect(await told).toBe("aborted");
  });
});

it("costs memory by its bytes, not by its chunks", async () => {
  const request = requestOf();
  const told = read(request, { maxBytes: 1_000_000 });
  const before = process.memoryUsage();
  // Each chunk in memory of its own, as Node's parser hands them on.
  for (let at = 0; at < 200_000; at += 1) {
    request.write(Buffer.alloc(1, "x"));
    if (at % 1_000 === 0) await delay(0);
  }
  const after = process.memoryUsage();
  const grownBytes = after.arrayBuffers - before.arrayBuffers;
  expect(grownBytes).toBeLessThan(5_000_000);
  request.end();
  expect((await told).length).toBe(200_005);
});
