import { type Socket as ClientSocket, io as connect } from "@openline/client";
import { createClient } from "@openline/client/channels";
import { isRefusal, type Refusal } from "@openline/client/contract";
import { io as connectByWebSocket } from "@openline/client/websocket";
import { type } from "arktype";
import { type DefaultEventsMap, defineContract, Server } from "openline";
import * as v from "valibot";
import { expect, expectTypeOf, test } from "vitest";
import { z } from "zod";

const contract = defineContract({
  clientToServer: {
    say: z.object({ text: z.string() }),
    day: z.string().transform((text) => new Date(text)),
    move: [z.number(), v.number()],
    add: { args: [z.number(), z.number()], ack: z.object({ sum: z.number() }) },
  },
  serverToClient: {
    notice: type("string"),
    at: z.string().transform((text) => new Date(text)),
    ask: { args: z.string(), ack: z.string().transform(Number) },
  },
  rooms: {
    "chat:*": { message: z.object({ text: z.string() }), cleared: z.undefined() },
    "chat:*:admin": { ban: z.string() },
  },
});

function onServer(): void {
  const io = new Server({ contract });
  io.on("connection", (socket) => {
    socket.on("say", (data) => expectTypeOf(data).toEqualTypeOf<{ text: string }>());
    socket.on("day", (data) => expectTypeOf(data).toEqualTypeOf<Date>());
    socket.on("move", (x, y) => {
      expectTypeOf(x).toEqualTypeOf<number>();
      expectTypeOf(y).toEqualTypeOf<number>();
    });
    socket.on("add", async (a, b, ack) => {
      expectTypeOf(a).toEqualTypeOf<number>();
      ack({ sum: a + b });
      ack({ code: "OVERFLOW", message: "They are too large" });
      // @ts-expect-error: the answer has a sum
      ack({ total: 1 });
    });
    socket.on("disconnect", (reason) => expectTypeOf(reason).toExtend<string>());
    socket.emit("notice", "hello");
    socket.emit("at", "2020-01-01");
    socket.emit("ask", "age?", (answer) => expectTypeOf(answer).toEqualTypeOf<number>());
    socket.to("a").emit("notice", "hello");
    expectTypeOf(socket.emitWithAck("ask", "age?")).toEqualTypeOf<Promise<number>>();
    expectTypeOf(socket.timeout(5).emitWithAck("ask", "")).toEqualTypeOf<Promise<number>>();
    // @ts-expect-error: clients send no such event
    socket.on("nothing", () => {});
    // @ts-expect-error: it is a text
    socket.on("say", (data: { text: number }) => data);
    // @ts-expect-error: the server sends no such event
    socket.emit("say", { text: "" });
    // @ts-expect-error: it is what is sent, and not what comes of it
    socket.emit("at", new Date());
  });
  io.emit("notice", "hello");
  io.to("chat:42").emit("notice", "hello");
  expectTypeOf(io.timeout(5).emitWithAck("ask", "age?")).toEqualTypeOf<Promise<number[]>>();
  // @ts-expect-error: it is a text
  io.emit("notice", 5);
  // @ts-expect-error: it is a text
  io.to("chat:42").emit("notice", 5);
  // @ts-expect-error: its answers are waited for
  io.emit("ask", "age?");

  const chat = io.room("chat:42");
  void chat.publish("message", { text: "" });
  void chat.publish("message", { text: "" }, { id: "1" });
  void chat.publish("cleared");
  void io.room(`chat:${String(42)}`).publish("message", { text: "" });
  void io.room("chat:42:admin").publish("ban", "x");
  // @ts-expect-error: it has a text
  void chat.publish("message", { txt: "" });
  // @ts-expect-error: it carries something
  void chat.publish("message");
  // @ts-expect-error: there is no such event in these rooms
  void chat.publish("ban", "x");
  // @ts-expect-error: there is no such room
  io.room("lobby");
  expectTypeOf(io.of("/other").room("chat:1").publish).toBeCallableWith("message", { text: "" });

  const own = defineContract({ clientToServer: { hi: z.string() }, rooms: { a: { b: z.date() } } });
  const other = io.of("/own", { contract: own });
  other.on("connection", (socket) => {
    socket.on("hi", (data) => expectTypeOf(data).toEqualTypeOf<string>());
    // @ts-expect-error: clients of this namespace send no such event
    socket.on("say", () => {});
  });
  void other.room("a").publish("b", new Date());
  // @ts-expect-error: there is no such room here
  other.room("chat:42");
  io.of("/third", (socket) => {
    socket.on("say", (data) => expectTypeOf(data).toEqualTypeOf<{ text: string }>());
  });
}

function onClient(): void {
  for (const socket of [
    connect("http://localhost", { contract }),
    connectByWebSocket({ contract }),
  ]) {
    socket.on("notice", (text) => expectTypeOf(text).toEqualTypeOf<string>());
    socket.on("at", (at) => expectTypeOf(at).toEqualTypeOf<Date>());
    socket.on("ask", (question, ack) => {
      expectTypeOf(question).toEqualTypeOf<string>();
      ack("42");
      // @ts-expect-error: it is what is sent, and not what comes of it
      ack(42);
    });
    socket.on("connect_error", (error) => expectTypeOf(error.message).toEqualTypeOf<string>());
    socket.emit("say", { text: "" });
    socket.emit("day", "2020-01-01");
    socket.emit("move", 1, 2);
    socket.emit("add", 1, 2, (answer) => {
      expectTypeOf(answer).toEqualTypeOf<{ sum: number } | Refusal>();
      if (isRefusal(answer)) expectTypeOf(answer).toEqualTypeOf<Refusal>();
      else expectTypeOf(answer.sum).toEqualTypeOf<number>();
    });
    expectTypeOf(socket.emitWithAck("add", 1, 2)).toEqualTypeOf<
      Promise<{ sum: number } | Refusal>
    >();
    socket.timeout(5).emit("add", 1, 2, (error) => expectTypeOf(error).toEqualTypeOf<Error>());
    // @ts-expect-error: there is no such event
    socket.emit("nothing");
    // @ts-expect-error: it has a text
    socket.emit("say", { txt: "" });
    // @ts-expect-error: there are two arguments
    socket.emit("move", 1);
    // @ts-expect-error: the answer may be a refusal
    socket.emit("add", 1, 2, (answer: { sum: number }) => answer);
    // @ts-expect-error: the server sends no such event
    socket.on("say", () => {});
  }
}

function onChannels(): void {
  const client = createClient("http://localhost", { contract });
  client.socket.emit("say", { text: "" });
  // @ts-expect-error: it has a text
  client.socket.emit("say", {});
  const chat = client.channel("chat:42");
  chat.on("message", (data) => expectTypeOf(data).toEqualTypeOf<{ text: string }>());
  void chat.publish("message", { text: "" });
  // @ts-expect-error: it has a text
  void chat.publish("message", { txt: "" });
  // @ts-expect-error: there is no such event in these rooms
  void chat.publish("ban", "x");
  void client.channel("chat:42:admin").publish("ban", "x");
  // @ts-expect-error: there is no such room
  client.channel("lobby");
}

/** What has no contract is as it was. */
function without(): void {
  expectTypeOf(new Server()).toEqualTypeOf<Server<DefaultEventsMap, DefaultEventsMap>>();
  expectTypeOf(new Server(3000, { path: "/x" })).toEqualTypeOf<Server>();
  expectTypeOf(connect("http://localhost")).toEqualTypeOf<ClientSocket>();
  interface Sent {
    tell: (text: string) => void;
  }
  interface Told {
    ask: (a: number, ack: (b: string) => void) => void;
  }
  const typed = new Server<Sent, Told, DefaultEventsMap, { user: string }>(3000, {});
  typed.on("connection", (socket) => {
    socket.on("tell", (text) => expectTypeOf(text).toEqualTypeOf<string>());
    expectTypeOf(socket.emitWithAck("ask", 1)).toEqualTypeOf<Promise<string>>();
    expectTypeOf(socket.data.user).toEqualTypeOf<string>();
  });
  void typed.room("whatever").publish("anything", { a: 1 });
  const client: ClientSocket<Told, Sent> = connect();
  client.emit("tell", "x");
  // A contract of rooms alone leaves the events as they are.
  const rooms = new Server({ contract: defineContract({ rooms: { a: { b: z.string() } } }) });
  rooms.emit("anything", 1);
  rooms.on("connection", (socket) => socket.on("anything", (first, second) => [first, second]));
  void rooms.room("a").publish("b", "");
}

test("is checked by the compiler, and not run", () => {
  expect([onServer, onClient, onChannels, without]).toHaveLength(4);
});
