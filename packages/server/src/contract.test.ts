import { defineContract } from "@openline/protocol/contract";
import { type } from "arktype";
import * as v from "valibot";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { connected, first, start } from "./server.fixture.ts";

/** The same contract by three libraries. */
const libraries = {
  zod: defineContract({
    clientToServer: {
      say: z.object({ text: z.string().max(5), at: z.string().transform((at) => new Date(at)) }),
      move: [z.number(), z.number()],
      rename: { args: z.string().trim().min(1), ack: z.object({ name: z.string() }) },
    },
  }),
  valibot: defineContract({
    clientToServer: {
      say: v.object({
        text: v.pipe(v.string(), v.maxLength(5)),
        at: v.pipe(
          v.string(),
          v.transform((at) => new Date(at)),
        ),
      }),
      move: [v.number(), v.number()],
      rename: {
        args: v.pipe(v.string(), v.trim(), v.minLength(1)),
        ack: v.object({ name: v.string() }),
      },
    },
  }),
  arktype: defineContract({
    clientToServer: {
      say: type({ text: "string <= 5", at: type("string").pipe((at) => new Date(at)) }),
      move: [type("number"), type("number")],
      rename: { args: type("string.trim").to("string >= 1"), ack: type({ name: "string" }) },
    },
  }),
};

describe.each(Object.entries(libraries))("a contract of %s", (_, contract) => {
  it("gives handlers what the schemas make of what they take", async () => {
    const running = await start({ contract });
    const got: unknown[] = [];
    running.io.on("connection", (socket) => {
      socket.on("say", (data) => got.push(data));
      socket.on("move", (x, y) => got.push([x, y]));
      socket.on("rename", (name, ack) => ack({ name }));
    });
    const client = await connected(running);
    client.emit("say", { text: "hello", at: "2020-01-01T00:00:00Z" });
    client.emit("move", 1, 2);
    expect(await client.emitWithAck("rename", "  a ")).toEqual({ name: "a" });
    expect(got).toEqual([{ text: "hello", at: new Date("2020-01-01T00:00:00Z") }, [1, 2]]);
  });

  it("refuses anything else with a code, a path and a sentence", async () => {
    const running = await start({ contract });
    const got: unknown[] = [];
    running.io.on("connection", (socket) => {
      for (const event of ["say", "move", "rename", "other"]) {
        socket.on(event, (...args) => got.push(args));
      }
    });
    const client = await connected(running);
    expect(await client.emitWithAck("say", { text: "too long", at: "2020-01-01" })).toMatchObject({
      code: "OPENLINE_INVALID",
      message: expect.stringMatching(/^text: \S/),
      details: [{ path: ["text"], message: expect.stringMatching(/\S/) }],
    });
    expect(await client.emitWithAck("move", 1, "2")).toMatchObject({ details: [{ path: [1] }] });
    expect(await client.emitWithAck("move", 1, 2, 3)).toMatchObject({
      message: "The event takes 2 arguments, not 3",
    });
    expect(await client.emitWithAck("rename", " ")).toMatchObject({ code: "OPENLINE_INVALID" });
    expect(await client.emitWithAck("other", 1)).toEqual({
      code: "OPENLINE_UNKNOWN_EVENT",
      message: 'There is no event "other" in the contract',
    });
    expect(got).toEqual([]);
  });
});

describe("a client that does not wait for an answer", () => {
  const { zod: contract } = libraries;

  it("is told by an event why one of its was refused", async () => {
    const running = await start({ contract });
    const client = await connected(running);
    const refused = first(client, "openline:refused");
    client.emit("rename", 5);
    expect(await refused).toMatchObject([{ code: "OPENLINE_INVALID", event: "rename" }]);
    const unknown = first(client, "openline:refused");
    client.emit("nothing");
    expect(await unknown).toMatchObject([{ code: "OPENLINE_UNKNOWN_EVENT", event: "nothing" }]);
  });

  it("is told of what a guard refuses, too", async () => {
    const running = await start({ contract });
    running.io.guard({ rename: () => false });
    const client = await connected(running);
    const refused = first(client, "openline:refused");
    client.emit("rename", "a");
    expect(await refused).toMatchObject([{ code: "OPENLINE_FORBIDDEN", event: "rename" }]);
    expect(await client.emitWithAck("rename", "a")).toMatchObject({ code: "OPENLINE_FORBIDDEN" });
  });

  it("does not make its handler fail", async () => {
    const errors: unknown[] = [];
    const running = await start({ contract, onError: (error) => errors.push(error) });
    const names: unknown[] = [];
    running.io.on("connection", (socket) => {
      socket.on("rename", (name, ack) => {
        names.push(name);
        ack({ name });
      });
    });
    const client = await connected(running);
    client.emit("rename", "a");
    expect(await client.emitWithAck("rename", "b")).toEqual({ name: "b" });
    expect(names).toEqual(["a", "b"]);
    expect(errors).toEqual([]);
  });
});

describe("events that the contract does not have", () => {
  it("reach their handlers if they are allowed", async () => {
    const running = await start({ contract: libraries.zod, unknownEvents: "allow" });
    running.io.on("connection", (socket) => {
      socket.on("other", (data, ack) => ack(data));
    });
    const client = await connected(running);
    expect(await client.emitWithAck("other", 1)).toBe(1);
  });

  it("may have a schema of their own, but those that it has may not", async () => {
    const running = await start({ contract: libraries.zod });
    running.io.validate({ other: z.number() });
    expect(() => running.io.validate({ say: z.number() })).toThrow('says already what "say"');
    running.io.on("connection", (socket) => {
      socket.on("other", (data, ack) => ack(data));
    });
    const client = await connected(running);
    expect(await client.emitWithAck("other", 1)).toBe(1);
    expect(await client.emitWithAck("other", "1")).toMatchObject({ code: "OPENLINE_INVALID" });
  });

  it("are let through where the contract says nothing of what clients send", async () => {
    const running = await start({ contract: defineContract({ serverToClient: {} }) });
    running.io.on("connection", (socket) => {
      socket.on("other", (data, ack) => ack(data));
    });
    const client = await connected(running);
    expect(await client.emitWithAck("other", 1)).toBe(1);
  });
});

describe("a namespace", () => {
  const own = defineContract({ clientToServer: { ask: { args: z.number(), ack: z.number() } } });

  it("has the contract of the server", async () => {
    const running = await start({ contract: libraries.zod });
    running.io.of("/other");
    const client = await connected({ ...running, url: `${running.url}/other` });
    expect(await client.emitWithAck("ask", 1)).toMatchObject({ code: "OPENLINE_UNKNOWN_EVENT" });
  });

  it.each(["/own", /^\/own$/])("may have one of its own: %s", async (name) => {
    const running = await start({ contract: libraries.zod });
    const namespace = running.io.of(name, { contract: own });
    namespace.on("connection", (socket) => socket.on("ask", (number, ack) => ack(number + 1)));
    const client = await connected({ ...running, url: `${running.url}/own` });
    expect(await client.emitWithAck("ask", 1)).toBe(2);
    expect(await client.emitWithAck("ask", "1")).toMatchObject({ code: "OPENLINE_INVALID" });
    expect(await client.emitWithAck("say", 1)).toMatchObject({ code: "OPENLINE_UNKNOWN_EVENT" });
  });
});

describe("an option that is none", () => {
  it.each([
    [{ contract: { clientToServer: { x: 5 } } }, "clientToServer.x takes a schema"],
    [{ contract: libraries.zod, unknownEvents: "drop" }, '`unknownEvents` takes "refuse" or'],
    [{ contract: libraries.zod, validateOutgoing: "production" }, "`validateOutgoing` takes true"],
  ])("is refused by its name: %#", async (options, message) => {
    await expect(start(options as never)).rejects.toThrow(message);
  });
});

describe("a schema that takes its time", () => {
  const slow = z.string().refine(async (text) => text !== "bad");

  it("is waited for", async () => {
    const contract = defineContract({ clientToServer: { ask: { args: slow, ack: z.string() } } });
    const running = await start({ contract });
    running.io.on("connection", (socket) => {
      socket.on("ask", (text, ack) => ack(text.toUpperCase()));
    });
    const client = await connected(running);
    expect(await client.emitWithAck("ask", "good")).toBe("GOOD");
    expect(await client.emitWithAck("ask", "bad")).toMatchObject({ code: "OPENLINE_INVALID" });
  });

  it("that fails is an error of the server's", async () => {
    const errors: unknown[] = [];
    const broken = v.pipeAsync(
      v.string(),
      v.checkAsync(() => Promise.reject(new Error("no database"))),
    );
    const contract = defineContract({ clientToServer: { ask: broken } });
    const running = await start({ contract, onError: (error) => errors.push(error) });
    const client = await connected(running);
    expect(await client.emitWithAck("ask", "x")).toMatchObject({ code: "OPENLINE_HANDLER_FAILED" });
    expect(errors).toMatchObject([{ message: "no database" }]);
  });
});
