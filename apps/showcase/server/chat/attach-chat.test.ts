import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { type Client, createClient } from "@openline/client/channels";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { chatLimits } from "../../protocol/chat.ts";
import type { People } from "../../protocol/chat-contract.ts";
import { attachChat } from "./attach-chat.ts";

const botKey = "b".repeat(32);
let server: Server;
let end: () => Promise<void> | void;
const clients: Client[] = [];

beforeEach(async () => {
  server = createServer();
  attachChat(
    {
      httpServer: server,
      onRequest() {},
      onUpgrade() {},
      onShutdown(work) {
        end = work;
      },
    },
    { dataPath: null, botKey },
  );
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
});

afterEach(async () => {
  for (const client of clients.splice(0)) client.close();
  await end();
});

function connect(auth: object = { secret: "a".repeat(32), name: "Ada" }): Client {
  const { port } = server.address() as AddressInfo;
  const client = createClient(`http://127.0.0.1:${port}`, { auth, transports: ["websocket"] });
  clients.push(client);
  return client;
}

function next<Value>(client: Client, event: string): Promise<Value> {
  return new Promise((resolve) => client.socket.once(event, resolve));
}

describe("what clients publish", () => {
  test("carries its author as the server knows them, and clean text", async () => {
    const client = connect();
    const channel = client.channel("chat:general", { from: "start" });
    const arrived = new Promise((resolve) => channel.once("message", resolve));
    const forged = { id: "somebody else", name: "Ben", isBot: true };
    await channel.publish("message", { text: " hello\u0007\r\nthere ", author: forged });
    const { id } = await next<{ id: string }>(connect(), "you");
    expect(await arrived).toEqual({ text: "hello\nthere", author: { id, name: "Ada" } });
  });

  test("is refused if it is no message, or for a room that is none", async () => {
    const client = connect();
    const channel = client.channel("chat:general");
    for (const text of ["", " \u0000 ", "x".repeat(chatLimits.textLength + 1), 7]) {
      await expect(channel.publish("message", { text })).rejects.toMatchObject({
        code: "OPENLINE_INVALID",
      });
    }
    for (const room of ["chat:secret", "chat:", "live:general2", "others"]) {
      const publishing = client.channel(room).publish("message", { text: "hello" });
      await expect(publishing).rejects.toMatchObject({
        code: expect.stringContaining("OPENLINE_"),
      });
    }
  });

  test("gets through in its order, though it comes faster than the limit", async () => {
    const client = connect();
    const channel = client.channel("chat:general");
    const count = chatLimits.burstPublishes + 10;
    const places = await Promise.all(
      Array.from({ length: count }, (_each, at) => channel.publish("message", { text: `${at}` })),
    );
    expect(places.map(({ offset }) => offset)).toEqual(
      Array.from({ length: count }, (_each, at) => at + 1),
    );
  });
});

describe("who is here", () => {
  test("nobody comes without a secret", async () => {
    for (const auth of [{}, { secret: "short" }, { secret: "x".repeat(65) }, { secret: 7 }]) {
      const error = await next<Error & { data: { code: string } }>(connect(auth), "connect_error");
      expect(error.data.code).toBe("OPENLINE_UNAUTHENTICATED");
    }
  });

  test("everybody in a room is told of who comes, and of programs that they are", async () => {
    const ada = connect();
    ada.channel("live:general");
    await next<People>(ada, "people");
    const told = new Promise<People>((resolve) => {
      ada.socket.on("people", (people: People) => {
        if (people.change?.person.isBot === true) resolve(people);
      });
    });
    connect({ secret: `${botKey}:0`, name: "Mira" }).channel("live:general");
    expect(await told).toMatchObject({
      room: "general",
      count: 2,
      change: { kind: "joined", person: { name: "Mira", isBot: true } },
      people: [{ name: "Ada", windows: 1, awayForMs: null }, { name: "Mira" }],
    });
  });

  test("a name that cannot be seen is no name", async () => {
    const nameless = connect({ secret: "c".repeat(32), name: "\u200b" });
    expect(await next(nameless, "you")).toMatchObject({ name: "Somebody" });
    const kept = await nameless.socket.emitWithAck("rename", " \u0000 ");
    expect(kept).toMatchObject({ name: "Somebody" });
    expect(await nameless.socket.emitWithAck("rename", "Cleo")).toMatchObject({ name: "Cleo" });
  });
});
