import { parseExtensions, parseSubprotocols } from "@openline/protocol/websocket";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { attack, Victim } from "./victim.ts";

let victim: Victim;

beforeAll(async () => {
  victim = await Victim.start({ perMessageDeflate: true });
});

afterAll(() => victim.stop());

/** Past linear (4) with room for noise, and far from quadratic (16). */
const LINEAR_GROWTH = 9;
const ROUNDS = 9;
const REPETITIONS = 50;

function elapsedMs(work: () => void): number {
  const start = performance.now();
  for (let repetition = 0; repetition < REPETITIONS; repetition += 1) work();
  return performance.now() - start;
}

/** How much longer the parser takes on four times the input, in the best of several rounds. */
function growth(parse: (header: string) => void, make: (size: number) => string): number {
  const [small, large] = [make(8_000), make(32_000)];
  let smallMs = Number.POSITIVE_INFINITY;
  let largeMs = Number.POSITIVE_INFINITY;
  for (let round = 0; round < ROUNDS; round += 1) {
    smallMs = Math.min(
      smallMs,
      elapsedMs(() => parse(small)),
    );
    largeMs = Math.min(
      largeMs,
      elapsedMs(() => parse(large)),
    );
  }
  return largeMs / smallMs;
}

/** A parser that may throw: only its time counts. */
function quietly(parse: (header: string) => unknown): (header: string) => void {
  return (header) => {
    try {
      parse(header);
    } catch {
      // Refused, as it may be.
    }
  };
}

/** As much as Node lets into a request's head. */
const HEADER_BYTES = 12_000;

describe("H2 (CVE-2021-32640)", () => {
  const make = (size: number): string => `b${" ".repeat(size)}x`;

  it("spaces in a list of subprotocols take linear time", () => {
    expect(growth(quietly(parseSubprotocols), make)).toBeLessThan(LINEAR_GROWTH);
  });

  it("and a server that gets them refuses", () =>
    attack(victim, async () => {
      const fields = { "Sec-WebSocket-Protocol": make(HEADER_BYTES) };
      expect(await victim.status(fields)).toBe(400);
    }));
});

describe("H4 (CVE-2020-7662, CVE-2020-7663)", () => {
  const make = (size: number): string => `a; b="${"\\c".repeat(size / 2)}`;

  it("an unclosed quoted parameter takes linear time", () => {
    expect(growth(quietly(parseExtensions), make)).toBeLessThan(LINEAR_GROWTH);
  });

  it("and a server that gets it refuses", () =>
    attack(victim, async () => {
      const fields = { "Sec-WebSocket-Extensions": make(HEADER_BYTES) };
      expect(await victim.status(fields)).toBe(400);
    }));
});

describe("F4 (CVE-2026-2229)", () => {
  const outside = ["7", "16", "0", "-1", "08", "1e1", "999999999999", '"8', ""];

  it.each(outside)("window bits %j are no offer that is taken", (bits) =>
    attack(victim, async () => {
      for (const side of ["server", "client"]) {
        const offer = `permessage-deflate; ${side}_max_window_bits=${bits}`;
        const peer = await victim.ask({ "Sec-WebSocket-Extensions": offer });
        const head = await peer.readHead();
        peer.destroy();
        expect(head).toMatch(/^HTTP\/1\.1 (101|400) /);
        expect(head.toLowerCase()).not.toContain("permessage-deflate");
      }
    }),
  );

  it("the next offer of the list counts", () =>
    attack(victim, async () => {
      const offers = "permessage-deflate; server_max_window_bits=99, permessage-deflate";
      const peer = await victim.ask({ "Sec-WebSocket-Extensions": offers });
      const head = await peer.readHead();
      peer.destroy();
      expect(head).toMatch(/^HTTP\/1\.1 (101|400) /);
      expect(head).not.toContain("99");
    }));
});
