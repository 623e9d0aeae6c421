import { expect, it } from "vitest";
import { faultNames } from "./faults.ts";
import { makePlan } from "./plan.ts";

const options = { seed: 7, seconds: 60, subscribers: 50, rate: 100, faults: faultNames };

it("makes the same plan of the same seed, and another of another", () => {
  expect(makePlan(options)).toEqual(makePlan(options));
  expect(makePlan({ ...options, seed: 8 })).not.toEqual(makePlan(options));
});

it("has each fault at least once, within the time", () => {
  const { steps, durationMs } = makePlan(options);
  expect(new Set(steps.map(({ fault }) => fault))).toEqual(new Set(faultNames));
  for (const { atMs } of steps) expect(atMs).toBeLessThan(durationMs);
});

it("has subscribers of each kind, in rooms that there are", () => {
  const { subscribers, rooms } = makePlan(options);
  expect(new Set(subscribers.map(({ kind }) => kind)).size).toBe(4);
  for (const subscriber of subscribers) {
    for (const room of subscriber.rooms) expect(rooms).toContain(room);
  }
});

it("has nothing done to it where no fault is chosen", () => {
  expect(makePlan({ ...options, faults: [] }).steps).toEqual([]);
});

it("has no channels where the server has none", () => {
  const { subscribers, publishers } = makePlan({ ...options, server: "socket.io" });
  expect(subscribers.filter(({ kind }) => kind === "channel")).toEqual([]);
  expect(publishers.filter(({ by }) => by === "channel")).toEqual([]);
});
