import { describe, expect, it } from "vitest";
import { Heartbeat } from "./heartbeat.ts";

describe("Heartbeat", () => {
  it("pings after the interval of silence and gives up after the time-out", () => {
    const heartbeat = new Heartbeat(25, 20, 0);
    expect(heartbeat.deadlineMs).toBe(25);
    expect(heartbeat.expire(25)).toBe("ping");
    expect(heartbeat.deadlineMs).toBe(45);
    expect(heartbeat.expire(44)).toBe("wait");
    expect(heartbeat.expire(45)).toBe("lost");
  });

  it("does not ping a peer that was heard", () => {
    const heartbeat = new Heartbeat(25, 20, 0);
    heartbeat.heard(10);
    expect(heartbeat.expire(25)).toBe("wait");
    expect(heartbeat.deadlineMs).toBe(35);
    expect(heartbeat.expire(35)).toBe("ping");
  });

  it("takes anything heard after the ping as the answer", () => {
    const heartbeat = new Heartbeat(25, 20, 0);
    expect(heartbeat.expire(25)).toBe("ping");
    heartbeat.heard(30);
    expect(heartbeat.expire(45)).toBe("wait");
    expect(heartbeat.deadlineMs).toBe(55);
    expect(heartbeat.expire(55)).toBe("ping");
  });
});
