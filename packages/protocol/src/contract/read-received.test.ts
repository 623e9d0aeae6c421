import * as v from "valibot";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { defineContract } from "./define-contract.ts";

const number = z.string().transform(Number);
const contract = defineContract({
  clientToServer: { ask: { args: z.string(), ack: number }, tell: z.string() },
  serverToClient: {
    one: number,
    two: [number, number.optional()],
    asked: { args: number, ack: z.string() },
    broken: v.pipe(
      v.string(),
      v.check(() => {
        throw new Error("a bug");
      }),
    ),
  },
});

/** What becomes of an event, or of an answer to one. */
async function read(
  event: [string, ...unknown[]],
  args: readonly unknown[] = event,
  answer?: { withError?: boolean },
): Promise<{ done: unknown[][]; errors: Error[] }> {
  const done: unknown[][] = [];
  const errors: Error[] = [];
  const listeners = (): ((error: Error) => void)[] => [(error) => errors.push(error)];
  contract["~read"]({ listeners }, event, args, (list) => done.push(list), answer);
  return { done, errors };
}

describe("an event", () => {
  it("is passed on as the schemas make it, without what follows", async () => {
    expect((await read(["one", "1"])).done).toEqual([["one", 1]]);
    expect((await read(["one", "1", "cursor"])).done).toEqual([["one", 1]]);
    expect((await read(["two", "1"])).done).toEqual([["two", 1, undefined]]);
    expect((await read(["two", "1", "2", "cursor"])).done).toEqual([["two", 1, 2]]);
  });

  it("keeps its acknowledgement", async () => {
    const ack = (): void => {};
    expect((await read(["asked", "1", ack])).done).toEqual([["asked", 1, ack]]);
  });

  it("is left as it is where the contract does not know it", async () => {
    for (const event of ["unknown", "toString", "__proto__"]) {
      expect((await read([event, "1", "2"])).done).toEqual([[event, "1", "2"]]);
    }
  });

  it("is not passed on where it is wrong, and its listeners are told why", async () => {
    expect(await read(["one", 1])).toMatchObject({
      done: [],
      errors: [{ name: "ContractError", event: "one", code: "OPENLINE_INVALID" }],
    });
    expect(await read(["broken", "x"])).toMatchObject({ done: [], errors: [{ message: "a bug" }] });
  });
});

describe("an answer", () => {
  it("is passed on as the schema makes it, behind an error or null if it has one", async () => {
    expect((await read(["ask", "?"], ["1"], {})).done).toEqual([[1]]);
    expect((await read(["ask", "?"], [null, "1"], { withError: true })).done).toEqual([[null, 1]]);
  });

  it("is left as it is where it is an error, a refusal, or to an event without a schema of it", async () => {
    const error = new Error("operation has timed out");
    const refusal = { code: "OPENLINE_INVALID", message: "" };
    expect((await read(["ask"], [error], { withError: true })).done).toEqual([[error]]);
    expect((await read(["ask"], [refusal], {})).done).toEqual([[refusal]]);
    expect((await read(["ask"], [null, refusal], { withError: true })).done).toEqual([
      [null, refusal],
    ]);
    expect((await read(["tell"], ["1"], {})).done).toEqual([["1"]]);
  });

  it("is an error where it is wrong and has one; else it is not passed on", async () => {
    const failed = await read(["ask"], [null, 1], { withError: true });
    expect(failed.done).toEqual([[failed.errors[0]]]);
    expect(await read(["ask"], [1], {})).toMatchObject({ done: [], errors: [{ event: "ask" }] });
  });
});
