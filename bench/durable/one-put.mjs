/** The yardstick of a disk: LMDB, one message at a time, each flushed before the next is put. */
import { performance } from "node:perf_hooks";
import { open } from "lmdb";

const [, , path] = process.argv;
const table = open({ path });
let last = 0;

const acts = {
  async run({ text, ms }) {
    const startMs = performance.now();
    const value = Buffer.from(text);
    const from = last;
    let passedMs = 0;
    while (passedMs < ms) {
      last += 1;
      await table.put(last, value);
      await table.flushed;
      passedMs = performance.now() - startMs;
    }
    const each = (passedMs * 1000) / (last - from);
    return { messages: last - from, ms: passedMs, p50: each, p99: each };
  },
  usage() {
    const { user, system } = process.cpuUsage();
    return { cpuMicroseconds: user + system, clients: 0 };
  },
};

process.on("message", async ({ id, act, value }) => {
  process.send({ kind: "answer", id, value: await acts[act](value) });
});
process.on("disconnect", () => process.exit(0));
process.send({ kind: "ready" });
