import { describe, expect, it } from "vitest";
import { deflateOnce } from "./deflate-once.ts";
import { furthestReference } from "./distances.fixture.ts";
import { codecOptions, sampleText, ZlibPeer } from "./peer.fixture.ts";

describe("deflateOnce", () => {
  it("is understood at any time by peers of its window, with or without takeover", async () => {
    for (const hasContextTakeover of [true, false]) {
      for (const windowBits of [8, 9, 12, 15]) {
        const peer = new ZlibPeer(codecOptions({ windowBits, hasContextTakeover }));
        for (const length of [1, 0, 5000, 90_000, 30]) {
          const payload = sampleText(length);
          const shared = deflateOnce(payload, { windowBits, zlib: {} });
          expect((await peer.inflate(shared)).equals(payload)).toBe(true);
          expect(furthestReference(shared)).toBeLessThanOrEqual(2 ** windowBits);
        }
        peer.close();
      }
    }
  });

  it("is the same bytes every time", () => {
    const options = { windowBits: 15, zlib: {} };
    const first = Buffer.from(deflateOnce(sampleText(3000), options));
    expect(first.equals(deflateOnce(sampleText(3000), options))).toBe(true);
  });

  it("uses the level, and refers to no preset dictionary", () => {
    const payload = sampleText(2000);
    const options = { windowBits: 15, zlib: { dictionary: payload } };
    const plain = deflateOnce(payload, { windowBits: 15, zlib: {} });
    expect(deflateOnce(payload, options).length).toBe(plain.length);
    const stored = deflateOnce(payload, { windowBits: 15, zlib: { level: 0 } });
    expect(stored.length).toBeGreaterThan(payload.length);
  });
});
