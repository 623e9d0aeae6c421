import { afterEach, describe, expect, test, vi } from "vitest";
import { NodeCookieJar } from "./node-cookie-jar.ts";

afterEach(() => {
  vi.useRealTimers();
});

describe("a jar of cookies", () => {
  test("gives what it took, the newest of each name", () => {
    const jar = new NodeCookieJar();
    expect(jar.give()).toBe("");
    jar.take(["a=1; Path=/; HttpOnly", 'b="x=y"; SameSite=Lax']);
    jar.take(["a=2"]);
    expect(jar.give()).toBe('a=2; b="x=y"');
  });

  test("forgets what has ended, by Max-Age before Expires", () => {
    vi.useFakeTimers({ now: 0 });
    const jar = new NodeCookieJar();
    jar.take([
      "soon=1; Max-Age=10",
      "date=1; Expires=Thu, 01 Jan 1970 00:00:20 GMT",
      "both=1; max-age=30; expires=Thu, 01 Jan 1970 00:00:05 GMT",
      "session=1; Expires=never; Max-Age=no",
    ]);
    expect(jar.give()).toBe("soon=1; date=1; both=1; session=1");
    vi.setSystemTime(10_000);
    expect(jar.give()).toBe("date=1; both=1; session=1");
    vi.setSystemTime(30_000);
    expect(jar.give()).toBe("session=1");
    jar.take(["session=; Max-Age=0"]);
    expect(jar.give()).toBe("");
  });

  test("takes nothing that has no name", () => {
    const jar = new NodeCookieJar();
    jar.take(["", "=1", ";"]);
    expect(jar.give()).toBe("");
  });
});
