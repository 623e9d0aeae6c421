import { describe, expect, it } from "vitest";
import { readQuery } from "./query.ts";

describe("a query", () => {
  it.each([
    ["/", {}],
    ["/?", {}],
    ["/?EIO=4&transport=polling&t=abc", { EIO: "4", transport: "polling", t: "abc" }],
    ["/?a=1&a=2", { a: "2" }],
    ["/?a", { a: "" }],
    ["/?a=", { a: "" }],
    ["/?=b", { "": "b" }],
    ["/?a=b=c", { a: "b=c" }],
    ["/?a=%C3%A9+%2B", { a: "é +" }],
    ["/?%61=1", { a: "1" }],
    ["/?a=%", { a: "%" }],
    ["/?a=%ff", { a: "%ff" }],
    ["/?&&a=1&&", { a: "1" }],
    ["/?a=1#b=2", { a: "1" }],
  ])("%s", (target, query) => {
    expect({ ...readQuery(target) }).toEqual(query);
  });

  it("has no prototype to be mistaken for", () => {
    const query = readQuery("/?__proto__=x");
    expect(Object.getPrototypeOf(query)).toBe(null);
    expect(Object.entries(query)).toEqual([["__proto__", "x"]]);
    expect(query.constructor).toBe(undefined);
  });

  it("is read no further than a few hundred parameters", () => {
    const target = `/?${Array.from({ length: 10_000 }, (_, at) => `p${at}=1`).join("&")}`;
    expect(Object.keys(readQuery(target)).length).toBeLessThan(1_000);
  });
});
