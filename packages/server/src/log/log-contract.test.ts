import { describe, test } from "vitest";
import { logContract } from "./log-contract.ts";
import { memoryLog } from "./memory-log.ts";

describe("a log in memory", () => {
  test.each(logContract)("$name", ({ run }) => run(() => Promise.resolve(memoryLog())));
});
