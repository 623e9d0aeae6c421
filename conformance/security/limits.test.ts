import { readFileSync } from "node:fs";
import { join } from "node:path";
import { serverDefaults } from "@openline/websocket";
import { expect, it } from "vitest";

/** The first two cells of each row of the table behind `<!-- limits -->`. */
function documented(): Record<string, number> {
  const text = readFileSync(join(import.meta.dirname, "../../docs/security.md"), "utf8");
  const [, table = ""] = text.split("<!-- limits -->");
  const rows = table.trimStart().split("\n\n")[0]?.split("\n").slice(2) ?? [];
  return Object.fromEntries(
    rows.map((row) => {
      const [, name = "", value = ""] = row.split("|").map((cell) => cell.trim());
      return [name.replaceAll("`", ""), Number(value)];
    }),
  );
}

it("docs/security.md lists the limits as they are", () => {
  expect(documented()).toEqual(serverDefaults);
});
