import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { documentPath, formatDocument } from "./list.ts";

test("docs/conformance.md lists the tests as they are", { timeout: 120_000 }, async () => {
  const current = await formatDocument();
  const isCurrent = readFileSync(documentPath, "utf8") === current;
  const command = "node --conditions=@openline/source --import tsx conformance/list.ts";
  expect(isCurrent, `docs/conformance.md is not up to date: run ${command}`).toBe(true);
});
