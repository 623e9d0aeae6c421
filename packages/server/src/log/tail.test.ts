import { expect, test, vi } from "vitest";
import type { LogEntry } from "./log.ts";
import { LogTail } from "./tail.ts";

function entry(sequence: number): LogEntry {
  return { room: "r", offset: sequence, sequence, timeMs: 0, id: null, payload: new Uint8Array() };
}

function heard(entries: readonly LogEntry[]): number[] {
  return entries.map(({ sequence }) => sequence);
}

test("tells all listeners, until they are taken away", () => {
  const tail = new LogTail(4);
  const told: string[] = [];
  const leave = tail.add((entries) => told.push(`a${heard(entries)}`));
  tail.add((entries) => told.push(`b${heard(entries)}`));
  tail.tell([entry(5), entry(6)]);
  leave();
  tail.tell([entry(7)]);
  expect(told).toEqual(["a5,6", "b5,6", "b7"]);
  expect(tail.head).toBe(7);
});

test("what a listener appends is told after what it was told", () => {
  const tail = new LogTail();
  const told: string[] = [];
  tail.add((entries) => {
    told.push(`a${heard(entries)}`);
    if (tail.head === 1) tail.tell([entry(2)]);
  });
  tail.add((entries) => told.push(`b${heard(entries)} of ${tail.head}`));
  tail.tell([entry(1)]);
  expect(told).toEqual(["a1", "b1 of 1", "a2", "b2 of 2"]);
});

test("a listener that throws is heard of, and in nobody's way", () => {
  const queued: (() => void)[] = [];
  vi.stubGlobal("queueMicrotask", (task: () => void) => queued.push(task));
  const tail = new LogTail();
  const told: number[][] = [];
  tail.add(() => {
    throw new Error("a bug");
  });
  tail.add((entries) => told.push(heard(entries)));
  tail.tell([entry(1)]);
  tail.tell([entry(2)]);
  vi.unstubAllGlobals();
  expect(told).toEqual([[1], [2]]);
  expect(queued).toHaveLength(2);
  expect(queued[0]).toThrow("a bug");
});
