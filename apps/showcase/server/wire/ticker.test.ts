import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { type Update, wireLimits } from "../../protocol/wire.ts";
import { Ticker } from "./ticker.ts";

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

function seqs(updates: readonly Update[]): number[] {
  return updates.map(({ seq }) => seq);
}

test("gives those who listen and those who ask the same updates", () => {
  const ticker = new Ticker(100);
  const heard: Update[] = [];
  const stop = ticker.listen((update) => heard.push(update));
  vi.advanceTimersByTime(300);
  expect(seqs(heard)).toEqual([1, 2, 3]);
  expect(ticker.after(0)).toEqual(heard);
  expect(seqs(ticker.after(2))).toEqual([3]);
  stop();
  vi.advanceTimersByTime(100);
  expect(heard.length).toBe(3);
});

test("makes nothing before anybody asks, and nothing more when all have forgotten it", () => {
  const ticker = new Ticker(1_000);
  expect(vi.getTimerCount()).toBe(0);
  expect(ticker.after(0)).toEqual([]);
  expect(vi.getTimerCount()).toBe(1);
  vi.advanceTimersByTime(2 * wireLimits.longPollMs + 2_000);
  expect(vi.getTimerCount()).toBe(0);
  const made = ticker.after(0).length;
  vi.advanceTimersByTime(1_000);
  expect(ticker.after(0).length).toBe(made + 1);
  ticker.stop();
});

test("goes on as long as somebody listens", () => {
  const ticker = new Ticker(1_000);
  const stop = ticker.listen(() => {});
  vi.advanceTimersByTime(4 * wireLimits.longPollMs);
  expect(vi.getTimerCount()).toBe(1);
  stop();
  ticker.stop();
});

test("keeps the last ones", () => {
  const ticker = new Ticker(100);
  const stop = ticker.listen(() => {});
  vi.advanceTimersByTime((wireLimits.keptUpdates + 10) * 100);
  const kept = seqs(ticker.after(0));
  expect(kept.length).toBe(wireLimits.keptUpdates);
  expect(kept[0]).toBe(11);
  stop();
  ticker.stop();
});
