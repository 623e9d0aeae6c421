/**
 * What every server of the bench shares: its settings, and the line to the bench.
 *
 * The bench reads `{"port":…}` from stdout. On stdin it may ask for `gc` (answered by `done`) before
 * memory is read. When stdin ends, so does the server: none outlives a bench that was interrupted.
 */

export const settings = {
  /** Compress every message, however short (permessage-deflate, RFC 7692). */
  deflate: process.argv.includes("--deflate"),
  /** Bytes; above the largest message of the bench, for every server the same. */
  maxPayloadBytes: 16 * 1024 * 1024,
};

/** Loopback alone: the bench measures, it does not serve. */
export const host = "127.0.0.1";

/** @param {number} port */
export function announce(port) {
  process.stdout.write(`${JSON.stringify({ port })}\n`);
  process.stdin.on("data", (chunk) => {
    if (!chunk.toString().includes("gc")) return;
    collectGarbage();
    process.stdout.write("done\n");
  });
  process.stdin.on("end", () => process.exit(0));
}

function collectGarbage() {
  if (globalThis.Bun) globalThis.Bun.gc(true);
  else globalThis.gc?.();
}
