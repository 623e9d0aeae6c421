import { describe, expect, test } from "vitest";
import {
  type ClientSocket,
  client,
  each,
  implementations,
  join,
  next,
  pair,
  type Running,
  record,
  type Socket,
  settled,
  start,
  transports,
  type Way,
  ways,
} from "./fixture.ts";

interface Member {
  readonly socket: Socket;
  readonly client: ClientSocket;
  /** What it was sent. */
  readonly log: unknown[][];
}

/** Three clients: ann in "red", bob in "red" and "blue", cid in none. */
async function three(
  setup: Parameters<typeof start>[0] & Way,
): Promise<Running & { ann: Member; bob: Member; cid: Member; all(): Promise<unknown[][][]> }> {
  const running = await start(setup, setup.server);
  const enter = async (rooms: string[]): Promise<Member> => {
    const both = await join(running, setup.client);
    await both.socket.join(rooms);
    return { ...both, log: record(both.client) };
  };
  const [ann, bob, cid] = [await enter(["red"]), await enter(["red", "blue"]), await enter([])];
  const all = async (): Promise<unknown[][][]> => {
    await Promise.all([ann, bob, cid].map(({ socket, client }) => settled(socket, client)));
    return [ann.log, bob.log, cid.log];
  };
  return { ...running, ann, bob, cid, all };
}

const e = [["e", 1]];
const no: unknown[][] = [];

describe.each(each(ways))("broadcasts of $name by $way", (setup) => {
  test("io.emit reaches all", async () => {
    const { io, all } = await three(setup);
    expect(io.emit("e", 1)).toBe(true);
    expect(await all()).toEqual([e, e, e]);
  });

  test("of bytes, too", async () => {
    const { io, ann, bob, cid, all } = await three(setup);
    io.emit("bytes", { data: Buffer.from("abc") });
    await all();
    for (const { log } of [ann, bob, cid]) {
      expect(log).toHaveLength(1);
      const [, { data }] = log[0] as [string, { data: ArrayBuffer }];
      expect(Buffer.from(data).toString()).toBe("abc");
    }
  });

  test("to and in reach those in a room", async () => {
    const { io, all } = await three(setup);
    io.to("red").emit("e", 1);
    io.in("blue").emit("f");
    expect(await all()).toEqual([e, [["e", 1], ["f"]], no]);
  });

  test("those who are in several rooms are reached once", async () => {
    const { io, all } = await three(setup);
    io.to("red").to("blue").emit("e", 1);
    io.in(["blue", "red"]).emit("f");
    expect(await all()).toEqual([[["e", 1], ["f"]], [["e", 1], ["f"]], no]);
  });

  test("a room that nobody is in", async () => {
    const { io, all } = await three(setup);
    expect(io.to("nobody").emit("e", 1)).toBe(true);
    expect(await all()).toEqual([no, no, no]);
  });

  test("an empty list of rooms is all", async () => {
    const { io, all } = await three(setup);
    io.to([]).emit("e", 1);
    expect(await all()).toEqual([e, e, e]);
  });

  test("except leaves rooms out", async () => {
    const { io, cid, all } = await three(setup);
    io.except("blue").emit("e", 1);
    io.to("red").except("blue").emit("f");
    io.except(["red", cid.socket.id]).emit("g");
    io.except("nobody").to(cid.socket.id).emit("h");
    expect(await all()).toEqual([[["e", 1], ["f"]], no, [["e", 1], ["h"]]]);
  });

  test("socket.broadcast reaches all others", async () => {
    const { ann, all } = await three(setup);
    expect(ann.socket.broadcast.emit("e", 1)).toBe(true);
    expect(await all()).toEqual([no, e, e]);
  });

  test("socket.to, in and except reach others in rooms", async () => {
    const { ann, all } = await three(setup);
    ann.socket.to("red").emit("to");
    ann.socket.in(["red", "blue"]).emit("in");
    ann.socket.except("red").emit("except");
    ann.socket.broadcast.to("blue").emit("broadcast");
    ann.socket.to("red").except("blue").emit("nobody");
    expect(await all()).toEqual([no, [["to"], ["in"], ["broadcast"]], [["except"]]]);
  });

  test("an id is a room: private messages", async () => {
    const { ann, bob, all } = await three(setup);
    ann.socket.to(bob.socket.id).emit("e", 1);
    expect(await all()).toEqual([no, e, no]);
  });

  test("one does not reach oneself by socket.to, but by io.to", async () => {
    const { io, ann, all } = await three(setup);
    ann.socket.to(ann.socket.id).emit("nobody");
    io.to(ann.socket.id).emit("e", 1);
    expect(await all()).toEqual([e, no, no]);
  });

  test("every step makes a new operator", async () => {
    const { io, ann, all } = await three(setup);
    const red = io.to("red");
    red.except("blue");
    red.to(ann.socket.id).volatile;
    const others = ann.socket.broadcast;
    others.to("nobody");
    red.emit("e", 1);
    others.emit("f");
    expect(await all()).toEqual([e, [["e", 1], ["f"]], [["f"]]]);
  });

  test("local, compress and volatile reach those who are here", async () => {
    const { io, ann, all } = await three(setup);
    await all(); // nobody has anything to read: volatile messages are not left out
    io.local.emit("e", 1);
    io.compress(true).to("red").compress(false).emit("f");
    ann.socket.local.emit("g");
    ann.socket.compress(false).broadcast.emit("h");
    const log = [["e", 1]];
    expect(await all()).toEqual([
      [...log, ["f"]],
      [...log, ["f"], ["g"], ["h"]],
      [...log, ["g"], ["h"]],
    ]);
  });
});

describe.each(implementations)("rooms of $name", (implementation) => {
  const setup = { ...implementation, ...(transports[1] as Way) };

  test("a socket is in the room of its id, in those that it joins, and no more when it leaves", async () => {
    const { socket } = await pair(setup);
    expect([...socket.rooms]).toEqual([socket.id]);
    await socket.join("a");
    await socket.join(["b", "c"]);
    expect([...socket.rooms]).toEqual([socket.id, "a", "b", "c"]);
    await socket.leave("b");
    await socket.leave("never joined");
    expect([...socket.rooms]).toEqual([socket.id, "a", "c"]);
  });

  test("rooms that are joined when the connection is told get what is sent there at once", async () => {
    const { io, url } = await start(implementation);
    io.on("connection", (socket) => {
      socket.join("room");
      io.to("room").emit("welcome", socket.id);
    });
    const newcomer = client(url, setup.client);
    const [id] = await next(newcomer, "welcome");
    expect(id).toBe(newcomer.id);
  });

  test("the rooms are there while disconnecting, and gone when disconnected", async () => {
    const { socket, client, io } = await pair(setup);
    await socket.join("room");
    const rooms = new Promise<string[][]>((resolve) => {
      const seen: string[][] = [];
      socket.on("disconnecting", () => seen.push([...socket.rooms]));
      socket.on("disconnect", () => {
        seen.push([...socket.rooms]);
        resolve(seen);
      });
    });
    client.disconnect();
    expect(await rooms).toEqual([[socket.id, "room"], []]);
    expect(io.sockets.adapter.rooms.size).toBe(0);
    expect(io.sockets.adapter.sids.size).toBe(0);
  });

  test("who has left joins nothing any more", async () => {
    const { socket, client, io } = await pair(setup);
    const gone = new Promise((resolve) => socket.on("disconnect", resolve));
    client.disconnect();
    await gone;
    await socket.join("room");
    expect(io.sockets.adapter.rooms.has("room")).toBe(false);
  });

  test("the adapter tells of rooms", async () => {
    const { io, socket, client } = await pair(setup);
    const log: unknown[][] = [];
    const { adapter } = io.of("/");
    for (const event of ["create-room", "join-room", "leave-room", "delete-room"]) {
      adapter.on(event, (...args) => log.push([event, ...args]));
    }
    const { id } = socket;
    await socket.join("a");
    await socket.join("a");
    const other = await join(
      { io, url: (client.io as unknown as { uri: string }).uri },
      setup.client,
    );
    await other.socket.join("a");
    await socket.leave("a");
    const gone = new Promise((resolve) => other.socket.on("disconnect", resolve));
    other.client.disconnect();
    await gone;
    expect(log).toEqual([
      ["create-room", "a"],
      ["join-room", "a", id],
      ["create-room", other.socket.id],
      ["join-room", other.socket.id, other.socket.id],
      ["join-room", "a", other.socket.id],
      ["leave-room", "a", id],
      ["leave-room", other.socket.id, other.socket.id],
      ["delete-room", other.socket.id],
      ["leave-room", "a", other.socket.id],
      ["delete-room", "a"],
    ]);
  });

  test("the adapter knows rooms and members", async () => {
    const { io, socket } = await pair(setup);
    await socket.join("room");
    const { adapter } = io.of("/");
    expect(adapter.rooms.get("room")).toEqual(new Set([socket.id]));
    expect(adapter.sids.get(socket.id)).toEqual(new Set([socket.id, "room"]));
    expect(adapter.socketRooms(socket.id)).toEqual(new Set([socket.id, "room"]));
    expect(await adapter.sockets(new Set(["room"]))).toEqual(new Set([socket.id]));
    expect(await adapter.serverCount()).toBe(1);
  });
});
