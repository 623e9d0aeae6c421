import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { createClient } from "@openline/client/channels";
import { defineContract } from "@openline/client/contract";
import { Server } from "openline";
import { expect, test } from "vitest";
import { z } from "zod";
import { deferred, next, onTestEnd } from "../socket-io-api/fixture.ts";

const contract = defineContract({
  serverToClient: { at: z.iso.datetime().transform((text) => new Date(text)) },
  rooms: {
    "chat:*": { message: z.object({ text: z.string().trim().min(1) }), left: z.undefined() },
  },
});

async function pair() {
  const http = createServer();
  const io = new Server(http, { contract });
  onTestEnd(() => io.close());
  io.rooms("*", { delivery: "durable", authorize: () => true });
  http.listen(0, "127.0.0.1");
  await once(http, "listening");
  const url = `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
  const client = createClient(url, { contract });
  onTestEnd(() => client.close());
  return { io, client };
}

test("a channel publishes what its room takes, and gets what the server has made of it", async () => {
  const { client } = await pair();
  const chat = client.channel("chat:42");
  const got = deferred<{ text: string }>();
  chat.on("message", got.resolve);
  const joined = deferred<void>();
  chat.on("joined", joined.resolve);
  await joined.promise;
  expect(await chat.publish("message", { text: "  hello " })).toMatchObject({ offset: 1 });
  expect(await got.promise).toEqual({ text: "hello" });
  expect(await chat.publish("left")).toMatchObject({ offset: 2 });
});

test("a publish that is refused rejects with a code, a path and a sentence, and others go on", async () => {
  const { client } = await pair();
  const chat = client.channel("chat:42");
  const [first, second, third, fourth] = await Promise.allSettled([
    chat.publish("message", { text: "1" }),
    chat.publish("message", { text: " " }),
    chat.publish("typo" as "message", { text: "2" }),
    chat.publish("message", { text: "3" }),
  ]);
  expect(first).toMatchObject({ status: "fulfilled", value: { offset: 1 } });
  expect(second).toMatchObject({
    reason: {
      code: "OPENLINE_INVALID",
      message: expect.stringMatching(/^text: \S/),
      details: [{ path: ["text"] }],
    },
  });
  expect(third).toMatchObject({ reason: { code: "OPENLINE_UNKNOWN_EVENT" } });
  expect(fourth).toMatchObject({ status: "fulfilled", value: { offset: 2 } });
});

test("the socket beside its channels keeps to the contract, too", async () => {
  const { io, client } = await pair();
  await next(client.socket, "connect");
  const at = deferred<Date>();
  client.socket.on("at", at.resolve);
  io.emit("at", "2020-01-01T00:00:00Z");
  expect(await at.promise).toEqual(new Date("2020-01-01T00:00:00Z"));
});
