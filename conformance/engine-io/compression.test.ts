import { gunzipSync, inflateSync } from "node:zlib";
import { expect } from "vitest";
import type { Answer } from "./http.ts";
import { PollingSession } from "./polling-session.ts";
import { requires } from "./requires.ts";
import type { Address } from "./suite.ts";

const section = "engine.io, httpCompression";

/** A poll that brings a text of `length` bytes, asked for with this Accept-Encoding. */
async function poll(address: Address, length: number, accepts?: string): Promise<Answer> {
  const session = await PollingSession.open(address);
  await session.send(`4!text ${length - 1}`);
  return session.poll({ headers: accepts === undefined ? {} : { "Accept-Encoding": accepts } });
}

const chosen: readonly (readonly [accepts: string, encoding: "gzip" | "deflate"])[] = [
  ["gzip", "gzip"],
  ["deflate", "deflate"],
  ["gzip, deflate, br", "gzip"],
  ["br;q=1.0, gzip;q=0.8, *;q=0.1", "gzip"],
  ["deflate;q=0.9, gzip;q=0.3", "deflate"],
  ["GZIP", "gzip"],
  ["*", "gzip"],
];

for (const [accepts, encoding] of chosen) {
  requires(`${section}: "${accepts}" is answered in ${encoding}`, async (address) => {
    const answer = await poll(address, 5_000, accepts);
    expect(answer.headers["content-encoding"]).toBe(encoding);
    const text = (encoding === "gzip" ? gunzipSync : inflateSync)(answer.bytes).toString();
    expect(text).toBe(`4${"x".repeat(4_999)}`);
    expect(answer.bytes.length).toBeLessThan(1_000);
    expect(answer.headers["content-type"]).toMatch(/^text\/plain; charset=utf-8$/i);
    expect(answer.headers["cache-control"]).toBe("no-store");
  });
}

for (const accepts of [undefined, "identity", "br", "gzip;q=0", "gzip;q=0, deflate;q=0"]) {
  requires(
    `${section}: with Accept-Encoding ${accepts ?? "missing"} nothing is compressed`,
    async (address) => {
      const answer = await poll(address, 5_000, accepts);
      expect(answer.headers["content-encoding"]).toBeUndefined();
      expect(answer.text).toBe(`4${"x".repeat(4_999)}`);
      expect(answer.headers["content-length"]).toBe("5000");
    },
  );
}

requires(`${section}: below the threshold nothing is compressed`, async (address) => {
  const below = await poll(address, 1_023, "gzip");
  expect(below.headers["content-encoding"]).toBeUndefined();
  const above = await poll(address, 1_024, "gzip");
  expect(above.headers["content-encoding"]).toBe("gzip");
});

requires(
  `${section}: the threshold is the one that was set`,
  async (address) => {
    expect((await poll(address, 99, "gzip")).headers["content-encoding"]).toBeUndefined();
    expect((await poll(address, 100, "gzip")).headers["content-encoding"]).toBe("gzip");
  },
  { httpCompression: { threshold: 100 } },
);

requires(
  `${section}: switched off, nothing is compressed`,
  async (address) => {
    const answer = await poll(address, 5_000, "gzip");
    expect(answer.headers["content-encoding"]).toBeUndefined();
    expect(answer.text).toHaveLength(5_000);
  },
  { httpCompression: false },
);

requires(`${section}: what comes behind a compressed answer is in its order`, async (address) => {
  const session = await PollingSession.open(address);
  const headers = { "Accept-Encoding": "gzip" };
  const first = session.poll({ headers });
  await session.send("4!text 50000", "4!send 3");
  const bodies = [gunzipSync((await first).bytes).toString()];
  // A turn's messages may come in one body or in more.
  while (!bodies.at(-1)?.endsWith("42")) bodies.push((await session.poll()).text);
  expect(bodies.join("\x1e")).toBe(`4${"x".repeat(50_000)}\x1e40\x1e41\x1e42`);
});
