import { type } from "arktype";
import * as v from "valibot";
import { describe, expect, expectTypeOf, it } from "vitest";
import { z } from "zod";
import {
  type AnyContract,
  type AnyEvents,
  type AnyRoomEvents,
  type ClientEmits,
  type ClientListens,
  type Contract,
  defineContract,
  isRefusal,
  type Refusal,
  type RoomEvents,
  type RoomInput,
  type RoomName,
  type RoomOutput,
  type ServerEmits,
  type ServerListens,
} from "./index.ts";

const parts = {
  clientToServer: {
    typing: z.object({ room: z.string() }),
    move: [z.number(), v.number(), type("number")],
    day: z.string().transform((text) => new Date(text)),
    hello: [],
    note: z.string().optional(),
    log: [z.string(), z.number().optional()],
    rename: { args: z.string(), ack: z.object({ name: z.string() }) },
    sum: { args: [z.number(), z.number()], ack: v.pipe(v.string(), v.transform(Number)) },
  },
  serverToClient: { notice: v.string(), ask: { args: z.string(), ack: z.coerce.date() } },
  rooms: {
    "chat:*": { message: z.object({ text: z.string() }), left: z.undefined() },
    "chat:*:admin": { ban: z.string().transform((text) => text.length) },
    lobby: { tick: type("number") },
  },
} as const;

const contract = defineContract(parts);
type Sent = (typeof contract)["clientToServer"];
type Told = (typeof contract)["serverToClient"];

describe("the types of a contract", () => {
  it("are what is sent on one side, and what comes of it on the other", () => {
    expectTypeOf<ClientEmits<Sent>["typing"]>().parameters.toEqualTypeOf<[{ room: string }]>();
    expectTypeOf<ServerListens<Sent>["typing"]>().parameters.toEqualTypeOf<[{ room: string }]>();
    expectTypeOf<ClientEmits<Sent>["move"]>().parameters.toEqualTypeOf<[number, number, number]>();
    expectTypeOf<ClientEmits<Sent>["day"]>().parameters.toEqualTypeOf<[string]>();
    expectTypeOf<ServerListens<Sent>["day"]>().parameters.toEqualTypeOf<[Date]>();
    expectTypeOf<ServerEmits<Told>["notice"]>().parameters.toEqualTypeOf<[string]>();
    expectTypeOf<ClientListens<Told>["notice"]>().parameters.toEqualTypeOf<[string]>();
  });

  it("let arguments at the end be left out if they may be undefined", () => {
    expectTypeOf<ClientEmits<Sent>["hello"]>().parameters.toEqualTypeOf<[]>();
    expectTypeOf<ClientEmits<Sent>["note"]>().parameters.toEqualTypeOf<[(string | undefined)?]>();
    expectTypeOf<ClientEmits<Sent>["log"]>().parameters.toEqualTypeOf<
      [string, (number | undefined)?]
    >();
    expectTypeOf<ServerListens<Sent>["log"]>().parameters.toEqualTypeOf<
      [string, number | undefined]
    >();
  });

  it("have acknowledgements at their ends, which the server may refuse", () => {
    expectTypeOf<ClientEmits<Sent>["sum"]>().parameters.toEqualTypeOf<
      [number, number, (answer: number | Refusal) => void]
    >();
    expectTypeOf<ServerListens<Sent>["sum"]>().parameters.toEqualTypeOf<
      [number, number, (answer: string | Refusal) => void]
    >();
    expectTypeOf<ServerEmits<Told>["ask"]>().parameters.toEqualTypeOf<
      [string, (answer: Date) => void]
    >();
    expectTypeOf<ClientListens<Told>["ask"]>().parameters.toEqualTypeOf<
      [string, (answer: unknown) => void]
    >();
  });

  it("take anything where nothing is said", () => {
    const nothing = defineContract({});
    expectTypeOf(nothing).toEqualTypeOf<Contract<undefined, undefined, undefined>>();
    expectTypeOf<ClientEmits<undefined>["whatever"]>().toBeCallableWith(1, "2");
    expectTypeOf<RoomName<typeof nothing>>().toEqualTypeOf<string>();
    expectTypeOf<RoomInput<typeof nothing, "a", "b">>().toBeAny();
    expectTypeOf<RoomEvents<AnyContract, string>>().toEqualTypeOf<AnyRoomEvents>();
    expectTypeOf<ClientListens<AnyContract["serverToClient"]>>().toEqualTypeOf<AnyEvents>();
    expect(nothing).toEqual({});
  });

  it("know the events of a room by its name", () => {
    type Rooms = typeof contract;
    expectTypeOf<RoomName<Rooms>>().toEqualTypeOf<
      `chat:${string}` | `chat:${string}:admin` | "lobby"
    >();
    expectTypeOf<keyof RoomEvents<Rooms, "chat:42">>().toEqualTypeOf<"message" | "left">();
    expectTypeOf<keyof RoomEvents<Rooms, `chat:${number}`>>().toEqualTypeOf<"message" | "left">();
    expectTypeOf<RoomInput<Rooms, "chat:1", "message">>().toEqualTypeOf<{ text: string }>();
    expectTypeOf<RoomInput<Rooms, "lobby", "tick">>().toEqualTypeOf<number>();
  });

  it("hold a room to the most specific of its patterns", () => {
    type Rooms = typeof contract;
    expectTypeOf<keyof RoomEvents<Rooms, "chat:1:admin">>().toEqualTypeOf<"ban">();
    expectTypeOf<RoomInput<Rooms, "chat:1:admin", "ban">>().toEqualTypeOf<string>();
    expectTypeOf<RoomOutput<Rooms, "chat:1:admin", "ban">>().toEqualTypeOf<number>();
  });
});

describe("a contract", () => {
  it("is what it was made of, and stays so", () => {
    expect(contract).toEqual(parts);
    expect(Object.isFrozen(contract)).toBe(true);
  });

  it.each([
    [{ clientToServer: { x: 5 } }, /^clientToServer\.x takes a schema of zod, .*, or \{ args, ack/],
    [{ serverToClient: { x: [5] } }, /^serverToClient\.x takes a schema/],
    [{ clientToServer: { x: { args: z.string() } } }, /^clientToServer\.x takes/],
    [{ clientToServer: { x: null } }, /^clientToServer\.x takes/],
    [{ clientToServer: { connect: z.string() } }, /^clientToServer\.connect: .* reserved/],
    [{ serverToClient: { "openline:x": z.string() } }, /reserved/],
    [{ rooms: { "a:*": { x: [z.string()] } } }, /^rooms\["a:\*"\]\.x takes a schema of zod/],
    [{ rooms: { "": {} } }, /must not be empty/],
  ])("is refused with the name of what is wrong with it: %#", (wrong, message) => {
    expect(() => defineContract(wrong as never)).toThrow(message);
    expect(() => defineContract(wrong as never)).toThrow(TypeError);
  });
});

describe("a refusal", () => {
  it("is told from answers", () => {
    expect(isRefusal({ code: "OPENLINE_INVALID", message: "text: too long" })).toBe(true);
    for (const answer of [
      null,
      undefined,
      1,
      "code",
      {},
      { code: "a" },
      { code: 1, message: "" },
    ]) {
      expect(isRefusal(answer)).toBe(false);
    }
    const answer = { name: "a" } as { name: string } | Refusal;
    if (isRefusal(answer)) expectTypeOf(answer).toEqualTypeOf<Refusal>();
    else expectTypeOf(answer).toEqualTypeOf<{ name: string }>();
  });
});
