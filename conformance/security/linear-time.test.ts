import { parseExtensions, parseSubprotocols } from "@openline/protocol/websocket";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { attack, type Fields, Victim } from "./victim.ts";

let victim: Victim;

beforeAll(async () => {
  victim = await Victim.start({ perMessageDeflate: true });
});

afterAll(() => victim.stop());

/** Below the length from which on a header is refused unread, which would prove nothing. */
const LARGE = 8_000;
const SMALL = LARGE / 4;
/** Past linear (4) with room for noise, and far from quadratic (16). */
const LINEAR_GROWTH = 9;
const ROUNDS = 9;

/** How much longer the large work takes, in the best of several rounds. */
async function growth(measureMs: (size: number) => number | Promise<number>): Promise<number> {
  let smallMs = Number.POSITIVE_INFINITY;
  let largeMs = Number.POSITIVE_INFINITY;
  for (let round = 0; round < ROUNDS; round += 1) {
    smallMs = Math.min(smallMs, await measureMs(SMALL));
    largeMs = Math.min(largeMs, await measureMs(LARGE));
  }
  return largeMs / smallMs;
}

/** How much longer the parser takes on four times the input. */
function parserGrowth(
  parse: (header: string) => unknown,
  make: (size: number) => string,
): Promise<number> {
  const headers = new Map([SMALL, LARGE].map((size) => [size, make(size)]));
  return growth((size) => {
    const header = headers.get(size) ?? "";
    const start = performance.now();
    for (let repetition = 0; repetition < 20; repetition += 1) {
      try {
        parse(header);
      } catch {
        // Refused, as it may be: only the time counts here.
      }
    }
    return performance.now() - start;
  });
}

/** How much longer the server's processor is busy with handshakes of four times the size. */
function serverGrowth(makeFields: (size: number) => Fields): Promise<number> {
  return growth(async (size) => {
    const before = await victim.vitals();
    const asked = Array.from({ length: 10 }, () => victim.status(makeFields(size)));
    expect(await Promise.all(asked)).toEqual(asked.map(() => 400));
    return (await victim.vitals()).processorMs - before.processorMs;
  });
}

const rows = [
  {
    row: "H2 (CVE-2021-32640)",
    what: "spaces in a list of subprotocols",
    field: "Sec-WebSocket-Protocol",
    parse: parseSubprotocols,
    make: (size: number): string => `b${" ".repeat(size)}x`,
  },
  {
    row: "H2 (CVE-2021-32640)",
    what: "a list of very many subprotocols",
    field: "Sec-WebSocket-Protocol",
    parse: parseSubprotocols,
    make: (size: number): string =>
      Array.from({ length: size / 5 }, (_, at) => 1_000 + at).join(","),
  },
  {
    row: "H4 (CVE-2020-7662, CVE-2020-7663)",
    what: "an unclosed quoted parameter",
    field: "Sec-WebSocket-Extensions",
    parse: parseExtensions,
    make: (size: number): string => `a; b="${"\\c".repeat(size / 2)}`,
  },
  {
    row: "H4 (CVE-2020-7662, CVE-2020-7663)",
    what: "very many parameters and an unclosed quote",
    field: "Sec-WebSocket-Extensions",
    parse: parseExtensions,
    make: (size: number): string => `a${"; b=c".repeat(size / 5)}; d="`,
  },
];

const named = rows.map((row) => [`${row.row}: ${row.what}`, row] as const);

describe.each(named)("%s", (_, { field, parse, make }) => {
  it("is read, and not refused for its length alone", () => {
    const { length } = make(LARGE);
    expect(length).toBeGreaterThan(LARGE * 0.9);
    expect(() => parse("a".repeat(length))).not.toThrow();
  });

  it("takes the parser linear time", async () => {
    expect(await parserGrowth(parse, make)).toBeLessThan(LINEAR_GROWTH);
  });

  it("takes a server linear time, and is 400", () =>
    attack(victim, async () => {
      expect(await serverGrowth((size) => ({ [field]: make(size) }))).toBeLessThan(LINEAR_GROWTH);
    }));
});
