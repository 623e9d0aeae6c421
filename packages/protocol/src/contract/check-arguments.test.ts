import { type } from "arktype";
import * as v from "valibot";
import { describe, expect, expectTypeOf, it } from "vitest";
import { z } from "zod";
import { checkArguments, checkEventSchema } from "./check-arguments.ts";
import type { EventArguments } from "./definition.ts";
import type { ArgumentsOut } from "./event-types.ts";
import type { StandardSchema } from "./standard-schema.ts";

/** One by hand: what a library that nobody here knows may look like. */
function byHand(
  validate: StandardSchema["~standard"]["validate"],
): StandardSchema<unknown, unknown> {
  return { "~standard": { version: 1, vendor: "hand", validate } };
}

const makers: readonly [string, StandardSchema][] = [
  ["zod", z.object({ room: z.string().min(1), tags: z.array(z.object({ id: z.number() })) })],
  [
    "valibot",
    v.object({
      room: v.pipe(v.string(), v.minLength(1)),
      tags: v.array(v.object({ id: v.number() })),
    }),
  ],
  ["arktype", type({ room: "string >= 1", tags: type({ id: "number" }).array() })],
];

describe.each(makers)("a schema of %s", (_, schema) => {
  const good = { room: "chat:1", tags: [{ id: 1 }, { id: 2 }] };

  it("lets through what it takes", () => {
    checkEventSchema(schema, "send");
    expect(checkArguments(schema, [good])).toEqual({ isValid: true, values: [good] });
    expect(checkArguments([schema, schema], [good, good])).toEqual({
      isValid: true,
      values: [good, good],
    });
  });

  it("says where it is wrong, and how", async () => {
    const bad = { room: "", tags: [{ id: 1 }, { id: "2" }] };
    const checked = await checkArguments(schema, [bad]);
    expect(checked).toMatchObject({
      isValid: false,
      refusal: { code: "OPENLINE_INVALID", message: expect.stringMatching(/^room: \S/) },
    });
    const details = checked.isValid ? [] : checked.refusal.details;
    expect(details.map(({ path }) => path)).toEqual([["room"], ["tags", 1, "id"]]);
    for (const { message } of details) expect(message).toMatch(/\S/);
    // What is told goes over the wire.
    expect(JSON.parse(JSON.stringify(checked))).toEqual(checked);
  });

  it("has no path in what is wrong as a whole", async () => {
    const checked = await checkArguments(schema, [5]);
    expect(checked).toMatchObject({ refusal: { details: [{ path: [] }] } });
  });

  it("says of which argument it is wrong where there are several", async () => {
    const checked = await checkArguments([schema, schema], [good, { room: "a", tags: [{}] }]);
    expect(checked).toMatchObject({ refusal: { details: [{ path: [1, "tags", 0, "id"] }] } });
  });

  it.each([[[]], [[null]], [["text"]], [[good, good]]])("refuses %j", async (args) => {
    expect(await checkArguments(schema, args)).toMatchObject({
      isValid: false,
      refusal: { code: "OPENLINE_INVALID" },
    });
  });

  it("is not fooled by names of prototypes", async () => {
    const args = [JSON.parse('{"__proto__":{"room":"a","tags":[]},"constructor":1}')];
    expect(await checkArguments(schema, args)).toMatchObject({ isValid: false });
    expect(({} as Record<string, unknown>).room).toBe(undefined);
  });
});

describe("what is checked", () => {
  it("is what a handler gets, as the schema has made it", () => {
    const schema = [z.coerce.number(), z.string().trim().default("none")] as const;
    expect(checkArguments(schema, ["7"])).toEqual({ isValid: true, values: [7, "none"] });
    expectTypeOf<ArgumentsOut<typeof schema>>().toEqualTypeOf<[number, string]>();
    const one = v.object({ at: v.pipe(v.string(), v.transform(Number)) });
    expectTypeOf<ArgumentsOut<typeof one>>().toEqualTypeOf<[{ at: number }]>();
  });

  it("waits only for a schema that waits", async () => {
    const slow = z.string().refine(async (name) => name !== "taken", "It is taken");
    const free = checkArguments([slow, z.number()], ["free", 1]);
    expect(free).toBeInstanceOf(Promise);
    expect(await free).toEqual({ isValid: true, values: ["free", 1] });
    expect(await checkArguments([slow, z.number()], ["taken", "1"])).toMatchObject({
      refusal: { details: [{ path: [0], message: "It is taken" }, { path: [1] }] },
    });
    expect(checkArguments(z.number(), [1])).not.toBeInstanceOf(Promise);
  });

  it("may be an event without arguments", () => {
    expect(checkArguments([], [])).toEqual({ isValid: true, values: [] });
    expect(checkArguments([], [1])).toMatchObject({
      refusal: {
        message: "The event takes 0 arguments, not 1",
        details: [{ path: [], message: "The event takes 0 arguments, not 1" }],
      },
    });
  });

  it("is told about in a bounded answer", () => {
    const noisy = byHand(() => ({
      issues: Array.from({ length: 100_000 }, () => ({ message: "x".repeat(10_000) })),
    }));
    expect(JSON.stringify(checkArguments([noisy, noisy], [1, 2])).length).toBeLessThan(5_000);
  });

  it("is refused, too, by a schema that gives keys as objects, symbols, or nothing", () => {
    const keys = byHand(() => ({
      issues: [{ message: "no", path: [{ key: "a" }, Symbol("b"), 3] }],
    }));
    expect(checkArguments(keys, [1])).toMatchObject({
      refusal: { details: [{ path: ["a", "Symbol(b)", 3], message: "no" }] },
    });
    expect(
      checkArguments(
        byHand(() => ({ issues: [] })),
        [1],
      ),
    ).toMatchObject({
      isValid: false,
      refusal: { details: [{ path: [], message: "Invalid" }] },
    });
  });

  it("is not what the schema fails on", async () => {
    const broken = byHand(() => {
      throw new Error("broken");
    });
    expect(() => checkArguments(broken, [1])).toThrow("broken");
    const later = byHand(() => Promise.reject(new Error("broken")));
    await expect(checkArguments(later, [1])).rejects.toThrow("broken");
  });

  it.each([
    [undefined],
    [null],
    [{}],
    [() => true],
    [[z.string(), {}]],
    [{ "~standard": { version: 2 } }],
  ])("is not described by %j", (schema) => {
    expect(() => checkEventSchema(schema, "send")).toThrow('The schema of "send" is one of zod');
  });

  it("needs no library", () => {
    const schema: EventArguments = byHand((value) =>
      typeof value === "string" ? { value } : { issues: [{ message: "A text, please" }] },
    );
    expect(checkArguments(schema, ["text"])).toEqual({ isValid: true, values: ["text"] });
    expect(checkArguments(schema, [7])).toMatchObject({ refusal: { message: "A text, please" } });
  });
});
