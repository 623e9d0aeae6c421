/** One short window of load on one server, and whether other processes disturbed it. */
import { inflateRawSync, constants as zlib } from "node:zlib";
import type { GeneratorReport } from "./generator.ts";

/** Shares are of one core. */
export interface Window {
  readonly cpuMicroseconds: number;
  readonly perSecond: number;
  readonly p50Microseconds: number;
  readonly p99Microseconds: number;
  readonly p999Microseconds: number;
  readonly serverShare: number;
  readonly generatorShare: number;
  /** Of the two cores, what neither server nor generator used, and what the hypervisor took. */
  readonly foreignShare: number;
  readonly overloaded: boolean;
  readonly latenessP99Microseconds: number;
}

/** Above this the figures of a window are not to be trusted, and it is repeated. */
export const foreignLimit = 0.08;

/** Above this the generator may have been what limited the server. */
export const generatorLimit = 0.9;

/** At a fixed rate: the part of a p99 latency that may be the generator's own lateness. */
export const latenessLimit = 0.25;

export function windowOf(report: GeneratorReport, coreCount: 1 | 2): Window {
  const messages = Math.max(1, report.messages);
  const idleNs =
    coreCount === 2
      ? report.serverCoreIdleNs + report.generatorCoreIdleNs
      : report.serverCoreIdleNs;
  const busyNs = coreCount * report.windowNs - idleNs;
  const foreignNs = Math.max(0, busyNs - report.serverCpuNs - report.generatorCpuNs);
  return {
    cpuMicroseconds: report.serverCpuNs / messages / 1000,
    perSecond: report.messages / (report.windowNs / 1e9),
    p50Microseconds: report.p50Ns / 1000,
    p99Microseconds: report.p99Ns / 1000,
    p999Microseconds: report.p999Ns / 1000,
    serverShare: report.serverCpuNs / report.windowNs,
    generatorShare: report.generatorCpuNs / report.windowNs,
    foreignShare: Math.max(foreignNs, report.stealNs) / report.windowNs,
    overloaded: report.overloaded,
    latenessP99Microseconds: report.latenessP99Ns / 1000,
  };
}

/**
 * Inflates what the subscribers got, and compares it with what was published.
 *
 * The generator has seen that all subscribers got the same bytes.
 *
 * @throws Error when a message is not what was sent
 */
export function checkSamples(samples: readonly string[], payloads: readonly Buffer[]): void {
  samples.forEach((hex, index) => {
    if (hex === "") return;
    // The sender leaves these four bytes away (RFC 7692 §7.2.1).
    const deflated = Buffer.concat([Buffer.from(hex, "hex"), Buffer.of(0, 0, 0xff, 0xff)]);
    const inflated = inflateRawSync(deflated, { finishFlush: zlib.Z_SYNC_FLUSH });
    if (!inflated.equals(payloads[index]!)) {
      throw new Error(`compressed message ${index} inflates to something else`);
    }
  });
}
