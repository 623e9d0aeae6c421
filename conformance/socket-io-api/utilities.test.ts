import { describe, expect, test } from "vitest";
import {
  type ClientSocket,
  implementations,
  join,
  next,
  type Running,
  record,
  type Socket,
  settled,
  start,
  transports,
  type Way,
} from "./fixture.ts";

const websocket = (transports[1] as Way).client;

/** What `fetchSockets` and its kin do with two clients, of whom one is in a room. */
describe.each(implementations)("sockets at a distance, of $name", (implementation) => {
  async function two(): Promise<Running & { first: Both; second: Both }> {
    const running = await start(implementation);
    const first = await join(running, websocket);
    const second = await join(running, websocket);
    await second.socket.join("room");
    return { ...running, first, second };
  }

  test("fetchSockets gives all, or those in a room", async () => {
    const { io, first, second } = await two();
    const ids = async (found: Promise<{ id: string }[]>): Promise<string[]> =>
      (await found).map(({ id }) => id).toSorted();
    const both = [first.socket.id, second.socket.id].toSorted();
    expect(await ids(io.fetchSockets())).toEqual(both);
    expect(await ids(io.of("/").fetchSockets())).toEqual(both);
    expect(await ids(io.local.fetchSockets())).toEqual(both);
    expect(await ids(io.in("room").fetchSockets())).toEqual([second.socket.id]);
    expect(await ids(io.except("room").fetchSockets())).toEqual([first.socket.id]);
    expect(await ids(first.socket.broadcast.fetchSockets())).toEqual([second.socket.id]);
    expect(await ids(io.in("nobody").fetchSockets())).toEqual([]);
  });

  test("what it gives has the members of a RemoteSocket", async () => {
    const { io, second } = await two();
    second.socket.data.name = "bob";
    const [remote] = await io.in("room").fetchSockets();
    expect(remote?.id).toBe(second.socket.id);
    expect(remote?.data).toEqual({ name: "bob" });
    expect(remote?.rooms).toEqual(new Set([second.socket.id, "room"]));
    expect(remote?.handshake.headers).toEqual(second.socket.handshake.headers);
    const log = record(second.client);
    remote?.emit("hello", 1);
    await settled(second.socket, second.client);
    expect(log).toEqual([["hello", 1]]);
    second.client.on("ask", (answer) => answer("yes"));
    const answered = new Promise((resolve) => {
      remote?.timeout(60_000).emit("ask", (error: unknown, answer: unknown) => {
        resolve([error, answer]);
      });
    });
    expect(await answered).toEqual([null, "yes"]);
    remote?.join("other");
    expect(second.socket.rooms.has("other")).toBe(true);
    remote?.join(["x", "y"]);
    remote?.leave("other");
    expect([...second.socket.rooms]).toEqual([second.socket.id, "room", "x", "y"]);
    const gone = next(second.client, "disconnect");
    remote?.disconnect();
    expect((await gone)[0]).toBe("io server disconnect");
  });

  test("disconnect(true) of what it gives closes the connection", async () => {
    const { io, second } = await two();
    const gone = next(second.client, "disconnect");
    const [remote] = await io.in("room").fetchSockets();
    remote?.disconnect(true);
    await gone;
    expect(io.engine.clientsCount).toBe(1);
  });

  test("socketsJoin and socketsLeave let all, or those in a room", async () => {
    const { io, first, second } = await two();
    io.socketsJoin("all");
    io.in("room").socketsJoin(["a", "b"]);
    first.socket.broadcast.socketsJoin("other");
    expect([...first.socket.rooms]).toEqual([first.socket.id, "all"]);
    expect([...second.socket.rooms]).toEqual([second.socket.id, "room", "all", "a", "b", "other"]);
    io.of("/").socketsLeave("all");
    io.in("a").socketsLeave(["a", "b", "other"]);
    expect([...first.socket.rooms]).toEqual([first.socket.id]);
    expect([...second.socket.rooms]).toEqual([second.socket.id, "room"]);
  });

  test("disconnectSockets disconnects those in a room", async () => {
    const { io, first, second } = await two();
    const gone = next(second.client, "disconnect");
    const reason = next(second.socket, "disconnect");
    io.in("room").disconnectSockets();
    expect((await gone)[0]).toBe("io server disconnect");
    expect((await reason)[0]).toBe("server namespace disconnect");
    expect(first.client.connected).toBe(true);
    expect(io.sockets.sockets.size).toBe(1);
  });

  test("disconnectSockets(true) disconnects all, and closes their connections", async () => {
    const { io, first, second } = await two();
    const gone = [next(first.client, "disconnect"), next(second.client, "disconnect")];
    io.disconnectSockets(true);
    for (const [reason] of await Promise.all(gone)) {
      expect(["io server disconnect", "transport close"]).toContain(reason);
    }
    expect(io.engine.clientsCount).toBe(0);
  });

  test("allSockets gives ids", async () => {
    const { io, first, second } = await two();
    const both = new Set([first.socket.id, second.socket.id]);
    expect(await io.allSockets()).toEqual(both);
    expect(await io.of("/").allSockets()).toEqual(both);
    expect(await io.in("room").allSockets()).toEqual(new Set([second.socket.id]));
  });

  test("serverSideEmit of a single server reaches nobody", async () => {
    const { io } = await two();
    let calls = 0;
    io.on("hello", () => {
      calls += 1;
    });
    expect(io.serverSideEmit("hello", 1)).toBe(true);
    expect(io.of("/").serverSideEmit("hello")).toBe(true);
    await new Promise((resolve) => setImmediate(resolve));
    expect(calls).toBe(0);
    for (const name of ["connect", "connection", "new_namespace"]) {
      expect(() => io.serverSideEmit(name)).toThrow(`"${name}" is a reserved event name`);
    }
  });

  // As of 4.8 the adapter in memory of Socket.IO only warns, and never answers.
  test.runIf(implementation.name === "openline")(
    "serverSideEmitWithAck of a single server is answered by nobody, at once",
    async () => {
      const { io } = await two();
      expect(await io.serverSideEmitWithAck("hello", 1)).toEqual([]);
    },
  );
});

interface Both {
  readonly socket: Socket;
  readonly client: ClientSocket;
}
