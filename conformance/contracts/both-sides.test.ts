import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { io as connect } from "@openline/client";
import { ContractError, defineContract, isRefusal } from "@openline/client/contract";
import { io as connectByWebSocket } from "@openline/client/websocket";
import { type ErrorContext, Server } from "openline";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { deferred, next, onTestEnd } from "../socket-io-api/fixture.ts";

const date = z.iso.datetime().transform((text) => new Date(text));

const contract = defineContract({
  clientToServer: {
    day: date,
    add: { args: [z.number(), z.number()], ack: z.string().transform(Number) },
  },
  serverToClient: {
    at: date,
    slow: z.string().refine(async (text) => text !== "bad"),
    ask: { args: z.string(), ack: z.object({ age: z.number() }) },
  },
});

interface Failure {
  readonly error: unknown;
  readonly event: string;
}

/** A server that holds itself to the contract, and what it reports. */
async function serve(validateOutgoing: boolean) {
  const http = createServer();
  const failures: Failure[] = [];
  const onError = (error: unknown, { event }: ErrorContext): void => {
    failures.push({ error, event });
  };
  const io = new Server(http, { contract, validateOutgoing, onError });
  onTestEnd(() => io.close());
  http.listen(0, "127.0.0.1");
  await once(http, "listening");
  return { io, failures, url: `http://127.0.0.1:${(http.address() as AddressInfo).port}` };
}

const clients = [
  ["@openline/client", connect],
  ["@openline/client/websocket", connectByWebSocket],
] as const;

describe.each(clients)("%s", (_, io) => {
  async function pair(validateOutgoing = false) {
    const served = await serve(validateOutgoing);
    const client = io(served.url, { contract, forceNew: true, reconnection: false });
    onTestEnd(() => void client.disconnect());
    const [[socket]] = await Promise.all([next(served.io, "connection"), next(client, "connect")]);
    return { ...served, client, socket: socket as never as Sockets };
  }
  type Served = Awaited<ReturnType<typeof serve>>["io"];
  type Sockets = Served extends { sockets: { sockets: Map<string, infer Socket> } }
    ? Socket
    : never;

  test("each side gets what the schemas make of what the other has sent", async () => {
    const { client, socket } = await pair();
    const day = deferred<Date>();
    socket.on("day", day.resolve);
    client.emit("day", "2020-01-01T00:00:00Z");
    expect(await day.promise).toEqual(new Date("2020-01-01T00:00:00Z"));

    const at = deferred<Date>();
    client.on("at", at.resolve);
    socket.emit("at", "2021-01-01T00:00:00Z");
    expect(await at.promise).toEqual(new Date("2021-01-01T00:00:00Z"));

    socket.on("add", (a, b, ack) => ack(String(a + b)));
    expect(await client.emitWithAck("add", 1, 2)).toBe(3);
    expect(await client.timeout(20_000).emitWithAck("add", 2, 2)).toBe(4);
    client.on("ask", (_question, ack) => ack({ age: 7 }));
    expect(await socket.emitWithAck("ask", "age?")).toEqual({ age: 7 });
    expect(await socket.timeout(20_000).emitWithAck("ask", "age?")).toEqual({ age: 7 });
  });

  test("a refusal is an answer", async () => {
    const { client } = await pair();
    const answer = await client.emitWithAck("add", 1, "2" as never);
    expect(isRefusal(answer) && answer.code).toBe("OPENLINE_INVALID");
    expect(answer).toMatchObject({ details: [{ path: [1] }] });
  });

  test("what the server has sent wrongly reaches no listener of the client", async () => {
    const { client, socket } = await pair();
    const got: unknown[] = [];
    client.on("at", (at) => got.push(at));
    client.on("slow", (text) => got.push(text));
    const failed = next(client, "contract_error");
    socket.emit("at", "yesterday");
    const [error] = await failed;
    expect(error).toBeInstanceOf(ContractError);
    expect(error).toMatchObject({ event: "at", code: "OPENLINE_INVALID", details: [{ path: [] }] });
    const later = next(client, "contract_error");
    socket.emit("slow", "bad");
    expect(await later).toMatchObject([{ event: "slow" }]);
    const good = next(client, "slow");
    socket.emit("slow", "good");
    await good;
    expect(got).toEqual(["good"]);
  });

  test("a wrong answer of the server's rejects, where there is an error to reject with", async () => {
    const { client, socket } = await pair();
    socket.on("add", (_a, _b, ack) => ack(5 as never));
    const failed = next(client, "contract_error");
    await expect(client.emitWithAck("add", 1, 2)).rejects.toThrow(ContractError);
    expect(await failed).toMatchObject([{ event: "add" }]);
  });

  test("a wrong answer of the client's reaches no code of the server", async () => {
    const { client, socket, io: server, failures } = await pair();
    client.on("ask", (question, ack) => ack({ age: question } as never));
    await expect(socket.emitWithAck("ask", "7")).rejects.toThrow("age: ");
    await expect(socket.timeout(20_000).emitWithAck("ask", "7")).rejects.toThrow(ContractError);
    await expect(server.timeout(50).emitWithAck("ask", "7")).rejects.toMatchObject({
      message: "operation has timed out",
      responses: [],
    });
    expect(failures).toMatchObject([{ event: "ask", error: { details: [{ path: ["age"] }] } }]);
    socket.emit("ask", "8", () => expect.unreachable());
    await expect(socket.emitWithAck("ask", "9")).rejects.toThrow(ContractError);
    expect(failures).toHaveLength(2);
  });

  test("what the server sends is checked if that is asked for, and thrown at who sends it", async () => {
    const { client, socket, io: server, failures } = await pair(true);
    const wrong = "yesterday";
    const message = /^emit\("at"\): .*/;
    expect(() => socket.emit("at", wrong)).toThrow(message);
    expect(() => server.emit("at", wrong)).toThrow(message);
    expect(() => server.to("a").emit("at", wrong)).toThrow(message);
    expect(() => socket.broadcast.emit("at", wrong)).toThrow(ContractError);
    expect(() => socket.emit("other" as "at", wrong)).toThrow('There is no event "other"');
    expect(failures).toEqual([]);
    // The next event waits as long as it is asked to, not as long as one that was never sent.
    expect(() => socket.timeout(1).emit("at", wrong)).toThrow(ContractError);
    client.on("ask", (_question, ack) => setImmediate(ack, { age: 7 }));
    const answered = deferred<unknown[]>();
    socket.emit("ask", "age?", (...answer: unknown[]) => answered.resolve(answer));
    expect(await answered.promise).toEqual([{ age: 7 }]);

    socket.on("add", (_a, _b, ack) => ack(5 as never));
    expect(await client.emitWithAck("add", 1, 2)).toMatchObject({
      code: "OPENLINE_HANDLER_FAILED",
    });
    expect(failures).toMatchObject([
      { event: "add", error: { message: /^The answer of "add": / } },
    ]);
  });

  test("what a schema finds later is reported", async () => {
    const { client, socket, failures } = await pair(true);
    const failed = next(client, "contract_error");
    socket.emit("slow", "bad");
    await failed;
    expect(failures).toMatchObject([{ event: "slow", error: { name: "ContractError" } }]);
  });
});
