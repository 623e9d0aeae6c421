/**
 * Measures the limiter beside `rate-limiter-flexible`: `node --expose-gc --conditions=@openline/source
 * --import tsx packages/server/src/guard/rate-limiter.fixture.ts`. Each figure is the median of the
 * rounds, which alternate between the two.
 */
import { performance } from "node:perf_hooks";
import { RateLimiterMemory } from "rate-limiter-flexible";
import { RateLimiter } from "./rate-limiter.ts";

const ROUNDS = 7;
const TAKES = 200_000;

interface Contender {
  readonly name: string;
  /** A fresh one, which allows far more than is taken or, when `isRefusing`, next to nothing. */
  make(isRefusing: boolean): (key: string) => unknown;
}

const contenders: readonly Contender[] = [
  {
    name: "openline",
    make: (isRefusing) => {
      const rate = isRefusing ? { perSecond: 1, burst: 1 } : { perSecond: 1e9, burst: 60e9 };
      const limiter = new RateLimiter(rate, "measured", { maxKeys: 1e6 });
      return (key) => limiter.take(key, 1, performance.now());
    },
  },
  {
    name: "rate-limiter-flexible",
    make: (isRefusing) => {
      const limiter = new RateLimiterMemory({ points: isRefusing ? 1 : 1e9, duration: 60 });
      return (key) => limiter.consume(key, 1).catch(ignore);
    },
  },
];

const workloads = [
  { name: "one key, allowed", keys: 1, isRefusing: false },
  { name: "100,000 keys, allowed", keys: 100_000, isRefusing: false },
  { name: "one key, refused", keys: 1, isRefusing: true },
] as const;

for (const { name, keys, isRefusing } of workloads) {
  const names = Array.from({ length: keys }, (_, at) => `address-${at}`);
  const results = new Map<string, number[]>();
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const contender of contenders) {
      const perSecond = await takesPerSecond(contender.make(isRefusing), names);
      results.set(contender.name, [...(results.get(contender.name) ?? []), perSecond]);
    }
  }
  report(`${name}, takes a second`, results);
}

const bytes = new Map<string, number[]>();
for (let round = 0; round < ROUNDS; round += 1) {
  for (const contender of contenders) {
    bytes.set(contender.name, [...(bytes.get(contender.name) ?? []), await bytesPerKey(contender)]);
  }
}
report("bytes a key, of 100,000", bytes);
// The other one holds a timer for each key.
process.exit(0);

async function takesPerSecond(
  take: (key: string) => unknown,
  names: readonly string[],
): Promise<number> {
  const startMs = performance.now();
  for (let count = 0; count < TAKES; count += 1) {
    const taken = take(names[count % names.length] ?? "");
    if (typeof taken !== "number") await taken;
  }
  return TAKES / ((performance.now() - startMs) / 1_000);
}

async function bytesPerKey({ make }: Contender): Promise<number> {
  const names = Array.from({ length: 100_000 }, (_, at) => `address-${at}`);
  const take = make(false);
  globalThis.gc?.();
  const before = process.memoryUsage().heapUsed;
  for (const key of names) await take(key);
  globalThis.gc?.();
  const after = process.memoryUsage().heapUsed;
  take(names[0] ?? ""); // still held
  return (after - before) / names.length;
}

function report(title: string, results: ReadonlyMap<string, readonly number[]>): void {
  for (const [name, values] of results) {
    const sorted = values.toSorted((a, b) => a - b);
    const [min, median, max] = [0, ROUNDS >> 1, ROUNDS - 1].map((at) =>
      Math.round(sorted[at] ?? Number.NaN).toLocaleString("en"),
    );
    process.stdout.write(`${title}: ${name} ${median} (${min} to ${max})\n`);
  }
}

function ignore(): void {}
