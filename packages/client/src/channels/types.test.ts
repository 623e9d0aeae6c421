import { defineContract } from "@openline/protocol/contract";
import { expectTypeOf, test } from "vitest";
import { z } from "zod";
import {
  type Channel,
  type ChannelError,
  type ChannelMessage,
  createClient,
  type Gap,
} from "./index.ts";

const contract = defineContract({
  clientToServer: { rename: z.string() },
  serverToClient: { headline: z.object({ text: z.string() }) },
  rooms: {
    "chat:*": {
      message: z.object({ text: z.string(), tags: z.array(z.string()).default([]) }),
      typing: z.string(),
      clear: z.undefined(),
    },
    "price:*": { price: z.number() },
  },
});

/** Never called: what is checked are its types. */
function typed(): void {
  const client = createClient("http://localhost", { contract });
  const chat = client.channel("chat:42");
  chat.on("message", (data, message) => {
    expectTypeOf(data).toEqualTypeOf<{ text: string; tags: string[] }>();
    expectTypeOf(message.data).toEqualTypeOf<{ text: string; tags: string[] }>();
    expectTypeOf(message.event).toEqualTypeOf<"message">();
    expectTypeOf(message.offset).toEqualTypeOf<number | null>();
  });
  chat.on("gap", (gap) => expectTypeOf(gap).toEqualTypeOf<Gap>());
  chat.on("error", (error) => expectTypeOf(error).toEqualTypeOf<ChannelError>());
  chat.onAny((message) => {
    expectTypeOf(message.event).toEqualTypeOf<"message" | "typing" | "clear">();
    if (message.event === "typing") expectTypeOf(message.data).toEqualTypeOf<string>();
  });
  chat.publish("message", { text: "hello" });
  chat.publish("message", { text: "hello" }, { id: "1" });
  chat.publish("clear");
  chat.emit("typing", "Ann");
  // @ts-expect-error: it has a text
  chat.publish("message", { txt: "hello" });
  // @ts-expect-error: it takes something
  chat.publish("message");
  // @ts-expect-error: there is no such event
  chat.publish("massage", { text: "hello" });
  // @ts-expect-error: there is no such event
  chat.on("massage", () => {});
  // @ts-expect-error: it is a text
  chat.emit("typing", 1);
  // @ts-expect-error: there is no such room
  client.channel("chatter");
  client.channel("price:1").on("price", (data) => expectTypeOf(data).toEqualTypeOf<number>());

  client.socket.on("headline", ({ text }) => expectTypeOf(text).toEqualTypeOf<string>());
  client.socket.emit("rename", "Bob");
  // @ts-expect-error: it is a text
  client.socket.emit("rename", 1);
}

async function iterated(): Promise<void> {
  const chat = createClient({ contract }).channel("chat:42");
  for await (const message of chat) {
    if (message.event === "message") expectTypeOf(message.data.text).toEqualTypeOf<string>();
  }
  const { messages } = await chat.history({ before: 7 });
  expectTypeOf(messages[0]!.event).toEqualTypeOf<"message" | "typing" | "clear">();
}

/** Without a contract, everything goes. */
function untyped(): void {
  const client = createClient("http://localhost");
  const chat = client.channel("anything", { from: "start" });
  expectTypeOf(chat).toEqualTypeOf<Channel>();
  chat.on("message", ({ text }, message) => {
    expectTypeOf(message).toExtend<ChannelMessage>();
    chat.publish("other", text);
  });
  chat.publish("other");
  chat.publish("other", [1], { id: "1" });
  client.socket.emit("anything", 1, 2);
  // @ts-expect-error: there is no such beginning
  client.channel("anything", { from: "end" });
}

test("channels have the types of their contract", () => {
  expectTypeOf(typed).toBeFunction();
  expectTypeOf(iterated).toBeFunction();
  expectTypeOf(untyped).toBeFunction();
});
