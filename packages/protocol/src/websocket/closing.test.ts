import { describe, expect, it } from "vitest";
import { ClosingHandshake } from "./closing.ts";

describe("ClosingHandshake", () => {
  it("is done when both sides sent a Close frame, in either order", () => {
    const ours = new ClosingHandshake(30);
    expect(ours.send(100)).toBe(true);
    expect(ours.deadlineMs).toBe(130);
    expect(ours.receive(1000, 110)).toBe(true);
    expect([ours.state, ours.code, ours.deadlineMs]).toEqual(["done", 1000, 130]);

    const theirs = new ClosingHandshake(30);
    expect(theirs.receive(4001, 5)).toBe(true);
    expect(theirs.hasReceived).toBe(true);
    expect(theirs.send(6)).toBe(true);
    expect([theirs.state, theirs.code]).toEqual(["done", 4001]);
  });

  it("sends one Close frame only, and none once the line is lost", () => {
    const closing = new ClosingHandshake(30);
    expect(closing.send(0)).toBe(true);
    expect(closing.send(1)).toBe(false);
    const lost = new ClosingHandshake(30);
    lost.lose();
    expect(lost.send(0)).toBe(false);
    expect([lost.state, lost.code]).toEqual(["lost", 1006]);
  });

  it("expires at its deadline, not before, and never when nothing is waited for", () => {
    const closing = new ClosingHandshake(30);
    expect(closing.isExpired(1e9)).toBe(false);
    closing.send(0);
    expect(closing.isExpired(29)).toBe(false);
    expect(closing.isExpired(30)).toBe(true);
  });
});
