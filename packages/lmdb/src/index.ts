/**
 * The durable log of `openline`, on LMDB.
 */
export { lmdbLog } from "./lmdb-store.ts";
export { type LmdbLogOptions, lmdbLogDefaults } from "./options.ts";
export { openLmdbLog } from "./read-only-store.ts";
