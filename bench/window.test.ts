import { deflateRawSync, constants as zlib } from "node:zlib";
import { describe, expect, test } from "vitest";
import type { GeneratorReport } from "./generator.ts";
import { checkSamples, foreignLimit, windowOf } from "./window.ts";

const quiet: GeneratorReport = {
  messages: 1000,
  windowNs: 1e9,
  serverCpuNs: 0.9e9,
  generatorCpuNs: 0.5e9,
  serverCoreIdleNs: 0.1e9,
  generatorCoreIdleNs: 0.5e9,
  stealNs: 0,
  p50Ns: 1000,
  p99Ns: 2000,
  p999Ns: 3000,
  maxNs: 4000,
  latenessP99Ns: 0,
  overloaded: false,
};

describe("a window", () => {
  test("divides the server's CPU time by the messages", () => {
    expect(windowOf(quiet, 2).cpuMicroseconds).toBeCloseTo(900);
  });

  test("is quiet when server and generator account for all that was busy", () => {
    expect(windowOf(quiet, 2).foreignShare).toBeCloseTo(0);
  });

  test("is noisy when the cores were busy with something else", () => {
    const noisy = windowOf({ ...quiet, generatorCoreIdleNs: 0.2e9 }, 2);
    expect(noisy.foreignShare).toBeCloseTo(0.3);
    expect(noisy.foreignShare).toBeGreaterThan(foreignLimit);
  });

  test("is noisy when the hypervisor took time away", () => {
    expect(windowOf({ ...quiet, stealNs: 0.2e9 }, 2).foreignShare).toBeCloseTo(0.2);
  });

  test("counts one core once when both processes share it", () => {
    const shared = { ...quiet, serverCpuNs: 0.6e9, generatorCpuNs: 0.3e9, serverCoreIdleNs: 0.1e9 };
    expect(windowOf({ ...shared, generatorCoreIdleNs: 0.1e9 }, 1).foreignShare).toBeCloseTo(0);
  });
});

describe("samples of compressed messages", () => {
  const payload = Buffer.from("the same words, the same words, the same words");
  const deflated = deflateRawSync(payload, { finishFlush: zlib.Z_SYNC_FLUSH });
  const hex = deflated.subarray(0, -4).toString("hex");

  test("pass when they inflate to what was published", () => {
    expect(() => checkSamples([hex, ""], [payload, payload])).not.toThrow();
  });

  test("fail when they inflate to something else", () => {
    expect(() => checkSamples([hex], [Buffer.from("other words")])).toThrow(/something else/);
  });
});
