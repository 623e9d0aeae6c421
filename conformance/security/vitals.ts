/** What the attacked process knows of itself. */
export interface Vitals {
  /** What reached `uncaughtException` or `unhandledRejection`. */
  readonly unhandled: readonly string[];
  /** The codes of the errors that connections told. */
  readonly errors: readonly string[];
  /** How often a policy of the user's was asked about a slow reader. */
  readonly policyCalls: number;
  readonly drains: number;
  readonly clients: number;
  readonly descriptors: number;
  /** Heap and what lies outside of it, after a collection. */
  readonly memoryBytes: number;
  /** What the process holds of the machine's memory. */
  readonly residentBytes: number;
  /** The most that `residentBytes` has been since the last time that the vitals were asked for. */
  readonly peakBytes: number;
  /** Time on the processor since the start, which other processes do not lengthen. */
  readonly processorMs: number;
  /** Bytes that connections have read from the network, those of the past included. */
  readonly readBytes: number;
}

export type Question = "vitals";

/** What the attacked process says. */
export interface Told {
  readonly port?: number;
  readonly vitals?: Vitals;
}
