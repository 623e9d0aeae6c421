// A log on disk, written, closed, and read beside a writer.
import { lmdbLog, openLmdbLog } from "@openline/lmdb";
import { LogError } from "openline";

const path = `./log-${process.pid}`;
const store = lmdbLog({ path });
const log = await store.open("/");
const message = { room: "chat", id: "1", timeMs: Date.now(), payload: Buffer.from("hello") };
console.log("first", (await log.append([message], "disk"))[0].offset);
console.log("again", (await log.append([message], "process"))[0].isDuplicate);

const readable = await openLmdbLog(path, { readOnly: true });
const found = await (await readable.open("/")).read("chat", { limit: 10 });
console.log("read", String(found[0].payload));
await readable.close();

try {
  lmdbLog({ path });
} catch (error) {
  console.log("one writer", error instanceof LogError, error.code);
}
await store.close();
console.log("closed");
