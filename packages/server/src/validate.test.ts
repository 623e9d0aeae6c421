import { describe, expect, test } from "vitest";
import { z } from "zod";
import { connected, first, start } from "./server.fixture.ts";
import type { Socket } from "./socket.ts";

describe("events with a schema", () => {
  test("come to handlers as the schema has made them, or are refused with where and why", async () => {
    const running = await start();
    const { io } = running;
    io.validate({
      say: z.object({ text: z.string().trim().min(1), times: z.number().default(1) }),
      move: [z.number(), z.number()],
    });
    const got: unknown[] = [];
    io.on("connection", (socket: Socket) => {
      socket.on("say", (message, answer) => {
        got.push(message);
        answer?.("said");
      });
      socket.on("move", (x, y, answer) => {
        got.push([x, y]);
        answer?.("moved");
      });
      socket.on("other", (...args) => got.push(args.length));
    });
    const client = await connected(running);
    expect(await client.emitWithAck("say", { text: " hi ", more: 1 })).toBe("said");
    expect(await client.emitWithAck("move", 1, 2)).toBe("moved");
    expect(got).toEqual([{ text: "hi", times: 1 }, [1, 2]]);
    expect(await client.emitWithAck("say", { text: " " })).toMatchObject({
      code: "OPENLINE_INVALID",
      details: [{ path: ["text"] }],
    });
    expect(await client.emitWithAck("move", 1, "2")).toMatchObject({
      code: "OPENLINE_INVALID",
      details: [{ path: [1] }],
    });
    expect(await client.emitWithAck("move", 1, 2, 3)).toMatchObject({ code: "OPENLINE_INVALID" });
    const told = first(client, "openline:refused");
    client.emit("say", 7);
    expect(await told).toMatchObject([{ code: "OPENLINE_INVALID", event: "say" }]);
    client.emit("other", 1, 2);
    await expect.poll(() => got.length).toBe(3);
    expect(got[2]).toBe(2);
  });

  test("may be looked up; a schema that throws is the server's fault", async () => {
    const errors: unknown[] = [];
    const running = await start({ onError: (error) => errors.push(error) });
    const { io } = running;
    io.of("/shop").validate({
      buy: z
        .string()
        .refine(async (id) => Promise.resolve(id === "known"), "There is no such thing"),
      fail: z.string().transform(() => {
        throw new Error("The schema is broken");
      }),
    });
    io.of("/shop").on("connection", (socket: Socket) => {
      socket.on("buy", (id, answer) => answer(id));
      socket.on("fail", (_id, answer) => answer("never"));
    });
    const client = await connected({ ...running, url: `${running.url}/shop` });
    expect(await client.emitWithAck("buy", "known")).toBe("known");
    expect(await client.emitWithAck("buy", "unknown")).toMatchObject({
      code: "OPENLINE_INVALID",
      message: "There is no such thing",
    });
    expect(await client.emitWithAck("fail", "x")).toMatchObject({
      code: "OPENLINE_HANDLER_FAILED",
    });
    expect(String(errors)).toContain("broken");
    expect(() => io.validate({ say: {} as never })).toThrow('schema of "say"');
  });
});

test("what happens is written to a logger, without what is secret", async () => {
  const lines: { level: string; fields: Record<string, unknown>; message: string }[] = [];
  const logger = Object.fromEntries(
    ["trace", "debug", "info", "warn", "error", "fatal"].map((level) => [
      level,
      (fields: Record<string, unknown>, message = "") => lines.push({ level, fields, message }),
    ]),
  ) as never; // with all its levels
  const running = await start({ logger, authenticate: ({ auth }) => auth.token && { id: "ada" } });
  running.io.on("connection", (socket) => {
    socket.on("fail", () => {
      throw new Error("The handler is broken");
    });
  });
  const client = await connected(running, { auth: { token: "hunter2" } });
  const { id } = client;
  await client.emitWithAck("fail");
  client.disconnect();
  await fetch(`${running.url}/socket.io/?EIO=4&transport=pigeon&token=hunter2`, {
    headers: { Authorization: "Bearer hunter2" },
  });
  await expect(connected(running)).rejects.toThrow();
  await expect
    .poll(() => lines.map(({ message }) => message).sort())
    .toEqual(
      ["connected", "a handler failed", "disconnected", "handshake refused", "refused"].sort(),
    );
  const connection = lines.find(({ message }) => message === "connected")?.fields;
  expect(connection).toMatchObject({ namespace: "/", socket: id, principal: "ada" });
  expect(lines.find(({ message }) => message === "disconnected")?.fields).toMatchObject({
    socket: id,
    connection: connection?.connection,
    reason: "client namespace disconnect",
  });
  expect(JSON.stringify(lines)).not.toContain("hunter2");
});
