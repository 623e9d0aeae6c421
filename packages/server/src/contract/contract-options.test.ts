import { afterEach, expect, test, vi } from "vitest";
import { settleContractOptions } from "./contract-options.ts";

afterEach(() => {
  vi.unstubAllEnvs();
});

test("nothing unknown is let in, and what goes out is not checked, unless that is said", () => {
  expect(settleContractOptions({})).toEqual({ refusesUnknown: true, checksOutgoing: false });
  expect(settleContractOptions({ unknownEvents: "allow", validateOutgoing: true })).toEqual({
    refusesUnknown: false,
    checksOutgoing: true,
  });
});

test.each([
  [undefined, true],
  ["development", true],
  ["test", true],
  ["production", false],
])("with NODE_ENV %s, what goes out is checked in development: %s", (environment, isChecked) => {
  vi.stubEnv("NODE_ENV", environment);
  const { checksOutgoing } = settleContractOptions({ validateOutgoing: "development" });
  expect(checksOutgoing).toBe(isChecked);
});
