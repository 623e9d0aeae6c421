import type { Durability } from "openline";

export interface LmdbLogOptions {
  /** A folder of its own on a local disk; it is made if it is not there. */
  readonly path: string;
  /** What an acknowledged message survives, where no room's rule says. Default "disk". */
  readonly durability?: Durability | undefined;
  /**
   * Bytes in use, of all namespaces together; past it publishing is refused with OPENLINE_LOG_FULL
   * until rooms are trimmed. Default: as much as the disk has.
   */
  readonly maxSizeBytes?: number | undefined;
  /** How long ids of messages are remembered at least, in milliseconds. Default 24 h. */
  readonly idRetentionMs?: number | undefined;
}

export const lmdbLogDefaults: {
  readonly durability: Durability;
  readonly maxSizeBytes: number;
  readonly idRetentionMs: number;
} = {
  durability: "disk",
  maxSizeBytes: Number.POSITIVE_INFINITY,
  idRetentionMs: 86_400_000,
};
