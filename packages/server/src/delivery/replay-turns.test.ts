import { expect, test } from "vitest";
import { ReplayTurns } from "./replay-turns.ts";

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test("64 replays run at once; one that ends lets in the one that has waited longest", async () => {
  const turns = new ReplayTurns();
  const begun: number[] = [];
  for (let index = 0; index < 67; index += 1) {
    void turns.enter().then(() => begun.push(index));
  }
  await turn();
  expect(begun).toHaveLength(64);
  turns.leave();
  turns.leave();
  await turn();
  expect(begun.slice(64)).toEqual([64, 65]);
  // All end; then there is room for as many as in the beginning.
  for (let index = 0; index < 65; index += 1) turns.leave();
  await turn();
  expect(begun).toHaveLength(67);
  for (let index = 100; index < 165; index += 1) {
    void turns.enter().then(() => begun.push(index));
  }
  await turn();
  expect(begun.slice(67)).toHaveLength(64);
});

test("pages come one in each turn of the event loop, in the order in which they were asked for", async () => {
  const turns = new ReplayTurns();
  const pages: string[] = [];
  for (const name of ["a", "b", "c"]) void turns.page().then(() => pages.push(name));
  expect(pages).toEqual([]);
  for (const expected of [["a"], ["a", "b"], ["a", "b", "c"]]) {
    await turn();
    expect(pages).toEqual(expected);
  }
  void turns.page().then(() => pages.push("d"));
  await turn();
  expect(pages.at(-1)).toBe("d");
});
