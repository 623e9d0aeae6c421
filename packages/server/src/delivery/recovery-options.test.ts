import { describe, expect, test } from "vitest";
import { settleRecovery } from "./recovery-options.ts";

describe("events of the last while are kept", () => {
  test.each([
    [undefined, true, false],
    [true, true, true],
    [{}, true, true],
    [{ maxDisconnectionDuration: 1 }, true, true],
    [{ maxDisconnectionDuration: 0 }, false, false],
    [false, false, false],
  ])("with %o: of rooms %s, of single clients %s", (option, ofRooms, ofClients) => {
    const { isBuffering, isBufferingEmits } = settleRecovery(option);
    expect([isBuffering, isBufferingEmits]).toEqual([ofRooms, ofClients]);
  });
});

test("what is not given has its default", () => {
  expect(settleRecovery(undefined)).toMatchObject({
    maxDisconnectionDuration: undefined,
    skipMiddlewares: false,
    maxBufferedBytes: 16_777_216,
    principal: null,
  });
});

test("what is given counts, 0 included", () => {
  const principal = (socket: { user: string }): string => socket.user;
  const settled = settleRecovery({ maxBufferedBytes: 0, skipMiddlewares: true, principal });
  expect(settled).toMatchObject({ maxBufferedBytes: 0, skipMiddlewares: true });
  expect(settled.principal?.({ user: "ada" })).toBe("ada");
});

test.each([
  ["maxDisconnectionDuration", -1],
  ["maxDisconnectionDuration", "1000"],
  ["maxDisconnectionDuration", Number.NaN],
  ["maxBufferedBytes", -1],
  ["maxBufferedBytes", null],
])("%s does not take %o", (name, value) => {
  expect(() => settleRecovery({ [name]: value } as object)).toThrow(
    `connectionStateRecovery.${name} takes a number from 0 up, not ${value}`,
  );
});

test("`principal` takes a function", () => {
  expect(() => settleRecovery({ principal: "ada" } as object)).toThrow(TypeError);
});
