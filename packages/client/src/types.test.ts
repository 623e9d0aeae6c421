import { expect, expectTypeOf, test } from "vitest";
import io, { type ConnectOptions, Manager, type Socket } from "./index.ts";
import { io as webSocketOnly } from "./websocket.ts";

interface ServerToClient {
  headline: (text: string, at: number) => void;
  ask: (question: string, answer: (text: string) => void) => void;
}

interface ClientToServer {
  add: (a: number, b: number, answer: (sum: number) => void) => void;
  tell: (text: string) => void;
}

type Typed = Socket<ServerToClient, ClientToServer>;

const options: ConnectOptions = { autoConnect: false };

/** Events have the types that the application gives. */
function typed(): void {
  const socket: Typed = io("http://localhost", options);
  socket.on("headline", (text, at) => {
    expectTypeOf(text).toEqualTypeOf<string>();
    expectTypeOf(at).toEqualTypeOf<number>();
  });
  socket.on("ask", (_question, answer) => answer("yes"));
  socket.on("disconnect", (reason) => {
    expectTypeOf(reason).toExtend<string>();
  });
  socket.on("connect_error", (error) => {
    expectTypeOf(error.message).toEqualTypeOf<string>();
  });
  expectTypeOf(socket.emitWithAck).toBeCallableWith("add", 1, 2);
  expectTypeOf(socket.emitWithAck("add", 1, 2)).toEqualTypeOf<Promise<number>>();
  expectTypeOf(socket.timeout(5).emitWithAck("add", 1, 2)).toEqualTypeOf<Promise<number>>();
  socket.timeout(5).emit("add", 1, 2, (error, sum) => {
    expectTypeOf(error).toEqualTypeOf<Error>();
    expectTypeOf(sum).toEqualTypeOf<number>();
  });
  // @ts-expect-error: it is a number
  socket.emit("add", "1", 2, () => {});
  // @ts-expect-error: there is no such event
  socket.on("nothing", () => {});
  // @ts-expect-error: listeners get a text
  socket.on("headline", (text: number) => text);
}

/** Without types, everything is taken. */
function untyped(): void {
  const socket = io(options);
  socket.on("anything", (first, second) => [first.deep, second]);
  socket.emit("anything", 1, { a: [] }, (answer: string) => answer);
  socket.auth = { token: "t" };
  socket.auth = (give) => give({ token: "t" });
  expectTypeOf(socket.io.reconnectionDelay()).toEqualTypeOf<number>();
  expectTypeOf(socket.io.socket("/other")).toExtend<Socket>();
  socket.io.on("reconnect", (attempt) => {
    expectTypeOf(attempt).toEqualTypeOf<number>();
  });
  const other = new Manager("http://localhost", options).socket("/");
  const small: Socket = webSocketOnly("http://localhost", options);
  for (const each of [other, small]) each.disconnect();
}

test("is checked by the compiler, and not run", () => {
  expect([typed, untyped]).toHaveLength(2);
});
