import { describe, expect, it } from "vitest";
import { Limiter } from "./limiter.ts";

describe("Limiter", () => {
  it("starts as many as allowed at once, and the rest in order as others end", () => {
    const limiter = new Limiter();
    const started: number[] = [];
    for (let job = 0; job < 5; job++) limiter.add(2, () => started.push(job));
    expect(started).toEqual([0, 1]);
    limiter.release();
    expect(started).toEqual([0, 1, 2]);
    limiter.release();
    limiter.release();
    expect(started).toEqual([0, 1, 2, 3, 4]);
  });

  it("has no limit for 0", () => {
    const limiter = new Limiter();
    let started = 0;
    for (let job = 0; job < 100; job++) limiter.add(0, () => started++);
    expect(started).toBe(100);
  });

  it("holds each job to its own limit, over one count", () => {
    const limiter = new Limiter();
    const started: string[] = [];
    limiter.add(3, () => started.push("a"));
    limiter.add(1, () => started.push("b"));
    limiter.add(3, () => started.push("c"));
    expect(started).toEqual(["a"]);
    limiter.release();
    expect(started).toEqual(["a", "b", "c"]);
  });

  it("takes no stack for jobs that are over at once", () => {
    const limiter = new Limiter();
    let done = 0;
    limiter.add(1, () => {});
    for (let job = 0; job < 100_000; job++) {
      limiter.add(1, () => {
        done++;
        limiter.release();
      });
    }
    limiter.release();
    expect(done).toBe(100_000);
  });

  it("goes on after a job that throws", () => {
    const limiter = new Limiter();
    let started = 0;
    expect(() =>
      limiter.add(1, () => {
        throw new Error("from the job");
      }),
    ).toThrow("from the job");
    limiter.add(1, () => started++);
    limiter.release();
    expect(started).toBe(1);
  });
});
