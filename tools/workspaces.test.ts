import { describe, expect, test } from "vitest";
import { inDependencyOrder, readWorkspaces, type Workspace } from "./workspaces.ts";

function workspace(name: string, ...dependencies: string[]): Workspace {
  return {
    name,
    folder: `packages/${name}`,
    manifest: { name, dependencies: Object.fromEntries(dependencies.map((d) => [d, "1.0.0"])) },
  };
}

describe("the order of workspaces", () => {
  test("puts a package after everything that it depends on", () => {
    const given = [workspace("app", "server"), workspace("server", "protocol", "ms")];
    const ordered = inDependencyOrder([...given, workspace("protocol")]);
    expect(ordered.map((each) => each.name)).toEqual(["protocol", "server", "app"]);
  });

  test("refuses a circle and names it", () => {
    const circle = [workspace("a", "b"), workspace("b", "c"), workspace("c", "a")];
    expect(() => inDependencyOrder(circle)).toThrow("a → b → c → a");
  });

  test("finds this repository's packages, protocol before websocket", () => {
    const names = readWorkspaces().map((each) => each.name);
    expect(names).toContain("@openline/websocket");
    expect(names.indexOf("@openline/protocol")).toBeLessThan(names.indexOf("@openline/websocket"));
  });
});
