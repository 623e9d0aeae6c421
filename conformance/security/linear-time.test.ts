import { parseExtensions, parseSubprotocols } from "@openline/protocol/websocket";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { attack, type Fields, Victim } from "./victim.ts";

let victim: Victim;

beforeAll(async () => {
  // Node takes 16 KiB of head by default, which hides what grows; applications may allow more.
  const nodeOptions = ["--max-http-header-size=131072"];
  victim = await Victim.start({ perMessageDeflate: true }, nodeOptions);
});

afterAll(() => victim.stop());

const SMALL = 16_000;
const LARGE = 4 * SMALL;
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
    what: "a list of very many subprotocols, the last of them twice",
    field: "Sec-WebSocket-Protocol",
    parse: parseSubprotocols,
    make: (size: number): string =>
      `${Array.from({ length: size / 6 }, (_, at) => at).join(",")},0`,
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

describe.each(rows)("$row: $what", ({ field, parse, make }) => {
  it("takes the parser linear time", async () => {
    expect(await parserGrowth(parse, make)).toBeLessThan(LINEAR_GROWTH);
  });

  it("takes a server linear time, and is 400", () =>
    attack(victim, async () => {
      expect(await serverGrowth((size) => ({ [field]: make(size) }))).toBeLessThan(LINEAR_GROWTH);
    }));
});
