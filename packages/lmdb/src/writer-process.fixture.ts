/**
 * A process that writes to the log in the folder that it is given, for tests that kill it or break
 * its disk. It reads commands and prints an answer to each:
 *
 *     append <durability> <payload> [<room> [<times>]]   ok <offset> <isDuplicate> | <code>
 *     trim <room> <maxMessages>                          ok <count> | <code>
 *     read <room>                                        ok <payloads, joined by commas>
 *     session                                            ok, when it is stored for the process
 *     close                                              ok, and it ends
 *
 * When it has opened the log it prints `open <epoch>`, or the code of what went wrong and ends. A
 * failure of the log is printed when it is told, as `failure <code>`.
 */
import { createInterface } from "node:readline";
import type { Durability, Log, LogStore } from "openline";
import { lmdbLog } from "./lmdb-store.ts";
import { message } from "./message.fixture.ts";

function codeOf(error: unknown): string {
  return (error as { code?: string }).code ?? String(error);
}

async function act(log: Log, store: LogStore, words: readonly string[]): Promise<string> {
  const [command, first = "", second = "", room = "room", times = "1"] = words;
  switch (command) {
    case "append": {
      const one = message(second, { room });
      const entries = Array.from({ length: Number(times) }, () => one);
      const [appended] = await log.append(entries, first as Durability);
      return `${appended?.offset} ${appended?.isDuplicate}`;
    }
    case "trim":
      return String(await log.trim(first, { maxMessages: Number(second) }, 1, 1_000_000));
    case "read": {
      const entries = await log.read(first, { limit: 1000 });
      return entries.map(({ payload }) => Buffer.from(payload).toString()).join(",");
    }
    case "session":
      await log.sessions.put("key", Buffer.from("record"), Number.MAX_SAFE_INTEGER, "process");
      return "";
    default:
      await store.close();
      return "";
  }
}

async function main(path: string): Promise<void> {
  const store = lmdbLog({ path });
  store.onFailure = (error) => console.log(`failure ${codeOf(error)}`);
  const log = await store.open("/");
  console.log(`open ${log.epoch}`);
  for await (const line of createInterface({ input: process.stdin })) {
    const answer = act(log, store, line.split(" "));
    answer.then(
      (text) => console.log(`ok ${text}`.trim()),
      (error) => console.log(codeOf(error)),
    );
    if (line === "close") break;
  }
  // Nothing else may keep the process alive.
  process.stdin.destroy();
}

main(process.argv[2] ?? "").catch((error: unknown) => console.log(codeOf(error)));
