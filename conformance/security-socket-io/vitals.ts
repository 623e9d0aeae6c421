import type { Vitals } from "../security/vitals.ts";

/** What the attacked Socket.IO server knows of itself. */
export interface SocketIoVitals
  extends Pick<Vitals, "unhandled" | "clients" | "descriptors" | "memoryBytes" | "residentBytes"> {
  /** How many events came to a handler. */
  readonly handled: number;
  /** How many errors were reported to `onError`. */
  readonly reported: number;
  readonly namespaces: number;
  /** The keys that every object has by now: none. */
  readonly polluted: readonly string[];
}

/** What the attacked process says. */
export interface Told {
  readonly port?: number;
  readonly vitals?: SocketIoVitals;
}
