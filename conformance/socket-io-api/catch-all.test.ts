import { describe, expect, test } from "vitest";
import { each, join, next, pair, type Socket, ways } from "./fixture.ts";

type Listener = (event: string, ...args: unknown[]) => void;

describe.each(each(ways))("catch-all listeners of $name by $way", (setup) => {
  test("hear every event that comes, before its own listeners", async () => {
    const { socket, client } = await pair(setup);
    const log: unknown[][] = [];
    socket.on("e", (...args) => log.push(["own", ...args]));
    socket.onAny((...event) => log.push(["any", ...event]));
    socket.prependAny((...event) => log.push(["before", ...event]));
    const told = next(socket, "e");
    client.emit("e", 1, "two");
    await told;
    expect(log).toEqual([
      ["before", "e", 1, "two"],
      ["any", "e", 1, "two"],
      ["own", 1, "two"],
    ]);
  });

  test("get the acknowledgement, too", async () => {
    const { socket, client } = await pair(setup);
    socket.onAny((_event, answer) => answer("from any"));
    expect(await client.emitWithAck("ask")).toBe("from any");
  });

  test("are removed one by one, or all at once", async () => {
    const { socket } = await pair(setup);
    await checkRemoval(
      (listener) => socket.onAny(listener),
      (listener) => socket.offAny(listener),
      () => socket.listenersAny(),
    );
    await checkRemoval(
      (listener) => socket.onAnyOutgoing(listener),
      (listener) => socket.offAnyOutgoing(listener),
      () => socket.listenersAnyOutgoing(),
    );
  });

  test("one that is removed while they are called does not keep others from it", async () => {
    const { socket, client } = await pair(setup);
    const log: string[] = [];
    const first: Listener = () => {
      log.push("first");
      socket.offAny(first);
    };
    socket.onAny(first);
    socket.onAny(() => log.push("second"));
    for (const name of ["a", "b"]) {
      const got = next(socket, name);
      client.emit(name);
      await got;
    }
    expect(log).toEqual(["first", "second", "second"]);
  });

  test("hear every event that is sent, by broadcasts, too", async () => {
    const running = await pair(setup);
    const { io, socket } = running;
    const other = await join(running, setup.client);
    await socket.join("room");
    const log: unknown[][] = [];
    socket.onAnyOutgoing((...event) => log.push(["any", ...event]));
    socket.prependAnyOutgoing((...event) => log.push(["before", ...event]));
    socket.emit("own", 1);
    io.emit("all", 2);
    io.to("room").emit("room", Buffer.from("x"));
    other.socket.broadcast.emit("others");
    socket.broadcast.emit("not to itself");
    socket.send("text");
    expect(log).toEqual(
      [["own", 1], ["all", 2], ["room", Buffer.from("x")], ["others"], ["message", "text"]].flatMap(
        (event) => [
          ["before", ...event],
          ["any", ...event],
        ],
      ),
    );
  });

  test("outgoing ones hear no acknowledgements, neither asked for nor given", async () => {
    const { socket, client } = await pair(setup);
    const log: unknown[][] = [];
    socket.onAnyOutgoing((...event) => log.push(event));
    client.on("ask", (answer) => answer("yes"));
    socket.on("ask", (answer) => answer("yes"));
    await socket.emitWithAck("ask");
    await client.emitWithAck("ask");
    expect(log).toEqual([["ask"]]);
  });
});

async function checkRemoval(
  add: (listener: Listener) => Socket,
  remove: (listener?: Listener) => Socket,
  all: () => unknown[],
): Promise<void> {
  const [one, two]: [Listener, Listener] = [() => {}, () => {}];
  add(one);
  add(two);
  add(one);
  expect(all()).toEqual([one, two, one]);
  remove(one);
  expect(all()).toEqual([two, one]);
  remove(() => {});
  expect(all()).toEqual([two, one]);
  remove();
  expect(all()).toEqual([]);
}
