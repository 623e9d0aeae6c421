import { describe, expect, it } from "vitest";
import { JobQueue } from "./job-queue.ts";

interface Job {
  readonly name: string;
}

describe("JobQueue", () => {
  it("starts one job at a time, in order", () => {
    const started: string[] = [];
    const queue = new JobQueue<Job>(({ name }) => started.push(name));
    for (const name of ["a", "b", "c"]) queue.add({ name });
    expect(started).toEqual(["a"]);
    queue.finish();
    expect(started).toEqual(["a", "b"]);
    queue.clear();
    queue.finish();
    expect(started).toEqual(["a", "b"]);
    queue.add({ name: "d" });
    expect(started).toEqual(["a", "b", "d"]);
  });

  it("keeps the order, and the stack short, when jobs end at once and add others", () => {
    const started: string[] = [];
    const queue: JobQueue<Job> = new JobQueue<Job>(({ name }) => {
      started.push(name);
      if (started.length < 50_000) queue.add({ name: String(started.length) });
      queue.finish();
    });
    queue.add({ name: "0" });
    expect(started.length).toBe(50_000);
    expect(started[49_999]).toBe("49999");
  });
});
