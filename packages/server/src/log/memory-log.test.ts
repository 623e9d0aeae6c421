import { expect, test } from "vitest";
import { entry } from "./log-contract-tools.ts";
import { memoryLog } from "./memory-log.ts";

test("refuses what does not fit, goes on reading, and takes more when there is room", async () => {
  const log = await memoryLog({ maxBytes: 10 }).open("/");
  await log.append([entry({ payload: "12345678" })], "process");
  const refused = log.append([entry({ payload: "1" }), entry({ payload: "23" })], "process");
  await expect(refused).rejects.toMatchObject({ code: "OPENLINE_LOG_FULL", isTemporary: true });
  expect(await log.read("room", { limit: 10 })).toHaveLength(1);
  expect(await log.trim("room", { maxMessages: 0 }, 0, 10)).toBe(1);
  const [appended] = await log.append([entry({ payload: "123" })], "process");
  expect(appended?.offset).toBe(2);
});
