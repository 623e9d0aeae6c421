import { type AdapterConstructor, Adapter as OurAdapter } from "openline";
import { Adapter as StockAdapter } from "socket.io-adapter";
import { describe, expect, test } from "vitest";
import { implementations, join, record, settled, start } from "./fixture.ts";

/** One shape for both, as far as those who extend them are concerned. */
type Base = typeof OurAdapter;

/** Adapters of Socket.IO's are for both servers; ours is for ours. */
const cases = implementations.flatMap((implementation) => {
  const stock = {
    ...implementation,
    base: "socket.io-adapter",
    Base: StockAdapter as never as Base,
  };
  if (implementation.name === "socket.io") return [stock];
  return [stock, { ...implementation, base: "openline", Base: OurAdapter }];
});

describe.each(cases)("an adapter on $name that extends that of $base", (setup) => {
  /** A server whose adapter reports what it is asked. */
  async function watched() {
    const asked: string[] = [];
    class Watching extends setup.Base {
      override init(): Promise<void> | void {
        asked.push(`init ${this.nsp.name}`);
        return super.init();
      }

      override close(): Promise<void> | void {
        asked.push(`close ${this.nsp.name}`);
        return super.close();
      }

      override addAll(id: string, rooms: Set<string>): Promise<void> | void {
        asked.push(`addAll ${[...rooms].map((room) => (room === id ? "self" : room))}`);
        return super.addAll(id, rooms);
      }

      override del(id: string, room: string): Promise<void> | void {
        asked.push(`del ${room}`);
        return super.del(id, room);
      }

      override delAll(id: string): void {
        asked.push("delAll");
        super.delAll(id);
      }

      override broadcast(...args: Parameters<OurAdapter["broadcast"]>): void {
        asked.push(`broadcast ${[...args[1].rooms]}`);
        super.broadcast(...args);
      }
    }
    const running = await start(setup, { adapter: Watching as AdapterConstructor });
    return { ...running, asked };
  }

  test("is made and started for each namespace", async () => {
    const { io, asked } = await watched();
    io.of("/other");
    expect(asked).toEqual(["init /", "init /other"]);
    expect(io.of("/other").adapter).toBeInstanceOf(setup.Base);
  });

  test("is asked for all that is done with rooms", async () => {
    const running = await watched();
    const { io, asked } = running;
    const { socket } = await join(running);
    asked.length = 0;
    await socket.join(["a", "b"]);
    await socket.leave("a");
    io.to("b").emit("news");
    socket.disconnect();
    expect(asked).toEqual(["addAll a,b", "del a", "broadcast b", "delAll"]);
  });

  test("is closed with the server", async () => {
    const { io, asked } = await watched();
    await io.close();
    expect(asked).toContain("close /");
  });

  test("reaches clients by polling and WebSocket, with bytes and without", async () => {
    const running = await watched();
    const polling = await join(running, { transports: ["polling"] });
    const webSocket = await join(running, { transports: ["websocket"] });
    for (const { socket, client } of [polling, webSocket]) {
      const log = record(client);
      running.io.to(socket.id).emit("text", 1, { two: "☃" });
      running.io.to(socket.id).emit("bytes", { file: Buffer.from("x") }, Buffer.alloc(0));
      await settled(socket, client);
      expect(log).toEqual([
        ["text", 1, { two: "☃" }],
        ["bytes", { file: Buffer.from("x") }, Buffer.alloc(0)],
      ]);
    }
  });

  test("knows rooms and sockets as maps, and tells of their changes", async () => {
    const running = await watched();
    const { adapter } = running.io.of("/");
    const log: string[] = [];
    const { socket, client } = await join(running);
    for (const event of ["create-room", "join-room", "leave-room", "delete-room"]) {
      adapter.on(event, (room, id) => log.push([event, room, id === socket.id].join(" ")));
    }
    await socket.join("r");
    expect(adapter.rooms.get("r")).toEqual(new Set([socket.id]));
    expect(adapter.sids.get(socket.id)).toEqual(new Set([socket.id, "r"]));
    expect(adapter.socketRooms(socket.id)).toEqual(new Set([socket.id, "r"]));
    await socket.leave("r");
    expect(adapter.rooms.has("r")).toBe(false);
    expect(log).toEqual([
      "create-room r false",
      "join-room r true",
      "leave-room r true",
      "delete-room r false",
    ]);
    client.disconnect();
  });

  test("collects the answers of a broadcast", async () => {
    const running = await watched();
    const one = await join(running);
    const two = await join(running);
    one.client.on("ask", (answer) => answer(1));
    two.client.on("ask", (answer) => answer(2));
    const answers = await running.io.timeout(20_000).emitWithAck("ask");
    expect([...answers].sort()).toEqual([1, 2]);
  });

  test("says how many servers answers are waited for", async () => {
    class OfTwo extends setup.Base {
      override serverCount(): Promise<number> {
        return Promise.resolve(2);
      }
    }
    const running = await start(setup, { adapter: OfTwo as AdapterConstructor });
    const { client } = await join(running);
    client.on("ask", (answer) => answer("here"));
    const asked = running.io.timeout(200).emitWithAck("ask");
    await expect(asked).rejects.toMatchObject({
      message: "operation has timed out",
      responses: ["here"],
    });
  });

  test("finds, moves and disconnects sockets", async () => {
    const running = await watched();
    const { io } = running;
    const one = await join(running);
    const two = await join(running);
    await one.socket.join("r");
    const found = await io.in("r").fetchSockets();
    expect(found.map(({ id }) => id)).toEqual([one.socket.id]);
    io.in("r").socketsJoin("s");
    expect(one.socket.rooms.has("s")).toBe(true);
    io.in("s").socketsLeave(["r", "s"]);
    expect([...one.socket.rooms]).toEqual([one.socket.id]);
    io.except(two.socket.id).disconnectSockets();
    expect([one.socket.connected, two.socket.connected]).toEqual([false, true]);
    expect(await io.allSockets()).toEqual(new Set([two.socket.id]));
  });

  test("takes the place of another", async () => {
    const running = await start(setup);
    class Later extends setup.Base {}
    running.io.adapter(Later as AdapterConstructor);
    const { socket, client } = await join(running);
    const log = record(client);
    running.io.emit("by", "the later one");
    await settled(socket, client);
    expect(log).toEqual([["by", "the later one"]]);
    expect(running.io.of("/").adapter).toBeInstanceOf(Later);
  });

  test("may be made by a function", async () => {
    const running = await start(setup, {
      adapter: ((nsp: never) => new setup.Base(nsp)) as never as AdapterConstructor,
    }).catch((error: unknown) => error as TypeError);
    // Both call it with `new`, which gives what the function returns — of functions, not of arrows.
    expect(running).toBeInstanceOf(TypeError);
    const made = await start(setup, {
      adapter: function make(nsp: never) {
        return new setup.Base(nsp);
      } as never as AdapterConstructor,
    });
    expect(made.io.of("/").adapter).toBeInstanceOf(setup.Base);
  });
});
