import { describe, expect, test } from "vitest";
import { z } from "zod";
import { refusal } from "./guard/codes.ts";
import { connected, first, type Running, start } from "./server.fixture.ts";
import type { Socket } from "./socket.ts";

const errors: unknown[] = [];
const handled: unknown[] = [];

async function guarded(): Promise<Running> {
  errors.length = 0;
  handled.length = 0;
  const running = await start({ onError: (error) => errors.push(error) });
  const { io } = running;
  io.validate({ add: [z.coerce.number()] });
  io.guard({
    may: () => true,
    "may not": () => false,
    later: async (_, word) => word === "please",
    why: () => refusal("OPENLINE_FORBIDDEN", { message: "Only on Sundays" }),
    add: (_, number) => number === 7,
    broken: () => {
      throw new Error("The secret database password is hunter2");
    },
    truthy: () => "yes" as never,
    constructor: () => true,
  });
  io.on("connection", (socket: Socket) => {
    socket.onAny(() => {});
    for (const event of ["may", "may not", "later", "why", "add", "broken", "truthy", "free"]) {
      socket.on(event, (...args: unknown[]) => {
        handled.push(event);
        const answer = args.at(-1);
        if (typeof answer === "function") answer("done");
      });
    }
  });
  return running;
}

describe("a guard of events", () => {
  test("lets those pass that may", async () => {
    const client = await connected(await guarded());
    expect(await client.emitWithAck("may")).toBe("done");
    expect(await client.emitWithAck("later", "please")).toBe("done");
    expect(await client.emitWithAck("free")).toBe("done");
    expect(handled).toEqual(["may", "later", "free"]);
  });

  test("refuses all others, and says why", async () => {
    const client = await connected(await guarded());
    const forbidden = { code: "OPENLINE_FORBIDDEN", message: "The client may not do this" };
    for (const event of ["may not", "truthy"]) {
      expect(await client.emitWithAck(event)).toEqual(forbidden);
    }
    expect(await client.emitWithAck("later", "now")).toEqual(forbidden);
    expect(await client.emitWithAck("why")).toEqual({ ...forbidden, message: "Only on Sundays" });
    const told = first(client, "openline:refused");
    client.emit("may not");
    expect(await told).toEqual([{ ...forbidden, event: "may not" }]);
    expect(handled).toEqual([]);
  });

  test("is asked of what a schema has made", async () => {
    const client = await connected(await guarded());
    expect(await client.emitWithAck("add", "7")).toBe("done");
    expect(await client.emitWithAck("add", "8")).toMatchObject({ code: "OPENLINE_FORBIDDEN" });
    expect(await client.emitWithAck("add", "x")).toMatchObject({ code: "OPENLINE_INVALID" });
  });

  test("keeps what it throws to the server, and the event from its handler", async () => {
    const client = await connected(await guarded());
    const answer: unknown = await client.emitWithAck("broken");
    expect(answer).toMatchObject({ code: "OPENLINE_HANDLER_FAILED" });
    expect(JSON.stringify(answer)).not.toContain("hunter2");
    expect(String(errors)).toContain("hunter2");
    expect(handled).toEqual([]);
  });

  test("may stand for all events that have none", async () => {
    const running = await guarded();
    running.io.guard({ "*": (socket) => (socket as Socket).data.trusted === true });
    const client = await connected(running);
    expect(await client.emitWithAck("free")).toMatchObject({ code: "OPENLINE_FORBIDDEN" });
    expect(await client.emitWithAck("may")).toBe("done");
  });

  test("is a function", async () => {
    const { io } = await guarded();
    expect(() => io.guard({ kick: true as never })).toThrow('guard() takes a function for "kick"');
  });
});

describe("a middleware of a socket", () => {
  test("tells the client of what it refuses with a code, and of nothing else", async () => {
    const running = await start();
    running.io.on("connection", (socket) => {
      socket.use(([event], next) => {
        const error = new Error("The door is closed");
        if (event === "coded") Object.assign(error, { data: { code: "DOOR_CLOSED" } });
        next(error);
      });
    });
    const client = await connected(running);
    expect(await client.emitWithAck("coded")).toEqual({
      code: "DOOR_CLOSED",
      message: "The door is closed",
    });
    await expect(client.timeout(30).emitWithAck("other")).rejects.toThrow("timed out");
  });
});
