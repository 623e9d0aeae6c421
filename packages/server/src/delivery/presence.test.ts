import type { Packet } from "@openline/protocol/socket";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { EncodedMessage } from "../messages/encoded-message.ts";
import { connected, first, type Running, start } from "../server.fixture.ts";
import type { Socket } from "../socket.ts";
import { type Follower, Presence } from "./presence.ts";

/** Somebody who writes down what it is told. */
function listener(): Follower & { readonly told: unknown[] } {
  const told: unknown[] = [];
  return { told, pass: ({ parts }) => void told.push(JSON.parse(String(parts[0]))) };
}

function newPresence(): Presence {
  return new Presence({
    name: "/",
    encodeForAll: ({ data }: Packet) =>
      new EncodedMessage([JSON.stringify((data as unknown[])[1])]),
    graceMs: () => 1_000,
  });
}

const change = (entered: readonly string[], left: readonly string[], count: number) => ({
  room: "room",
  entered: entered.map((id) => ({ id, data: null })),
  left,
  count,
});

describe("who is in a room", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  test("is told to those who follow, together", () => {
    const presence = newPresence();
    const { told, ...follower } = listener();
    presence.enter("room", { id: "a", data: null });
    presence.follow("room", follower);
    for (const id of ["b", "c", "d"]) presence.enter("room", { id, data: null });
    presence.enter("other", { id: "a", data: null });
    presence.leave("room", "c");
    presence.leave("room", "a");
    vi.runAllTimers();
    expect(told).toEqual([change(["b", "d"], ["c", "a"], 2)]);
    expect(presence.of("room")).toEqual({
      members: [
        { id: "b", data: null },
        { id: "d", data: null },
      ],
      count: 2,
    });
  });

  test("is told no more to those who do not follow any more", () => {
    const presence = newPresence();
    const one = listener();
    const other = listener();
    presence.follow("room", one);
    presence.follow("room", other);
    presence.unfollow("room", one);
    presence.enter("room", { id: "a", data: null });
    vi.runAllTimers();
    presence.unfollowAll(other);
    presence.leave("room", "a");
    vi.runAllTimers();
    expect([one.told, other.told]).toEqual([[], [change(["a"], [], 1)]]);
  });

  test("does not change when somebody comes back in time", () => {
    const presence = newPresence();
    const { told, ...follower } = listener();
    presence.enter("room", { id: "a", data: { name: "Ann" } });
    presence.follow("room", follower);
    presence.lose(["room"], "a");
    vi.advanceTimersByTime(999);
    presence.settle("a");
    presence.enter("room", { id: "a", data: { name: "Ann" } });
    vi.runAllTimers();
    expect(told).toEqual([]);
    expect(presence.of("room").count).toBe(1);
  });

  test("changes when somebody does not", () => {
    const presence = newPresence();
    const { told, ...follower } = listener();
    presence.enter("room", { id: "a", data: null });
    presence.follow("room", follower);
    presence.lose(["room", "elsewhere"], "a");
    vi.runAllTimers();
    expect(told).toEqual([change([], ["a"], 0)]);
    presence.enter("room", { id: "a", data: null });
    vi.runAllTimers();
    expect(told).toHaveLength(2);
  });

  test("is told to the end when it is much", () => {
    const presence = newPresence();
    const { told, ...follower } = listener();
    presence.follow("room", follower);
    for (let id = 0; id < 2_500; id += 1) presence.enter("room", { id: String(id), data: null });
    vi.runAllTimers();
    const counts = told.map((each) => (each as { entered: unknown[] }).entered.length);
    expect(counts).toEqual([1_000, 1_000, 500]);
    expect(presence.of("room")).toMatchObject({ count: 2_500 });
    expect(presence.of("room").members).toHaveLength(1_000);
  });

  test("leaves nothing behind", () => {
    const presence = newPresence();
    const follower = listener();
    presence.follow("room", follower);
    presence.enter("room", { id: "a", data: null });
    presence.leave("room", "a");
    presence.unfollowAll(follower);
    vi.runAllTimers();
    expect((Reflect.get(presence, "rooms") as Map<string, unknown>).size).toBe(0);
  });
});

async function chat(errors: unknown[] = []): Promise<Running> {
  const running = await start({ onError: (error: unknown) => void errors.push(error) });
  const { io } = running;
  io.rooms("chat:*", {
    delivery: "durable",
    authorize: (socket: Socket, action) =>
      action !== "presence" || socket.handshake.auth.user !== "spy",
    presence: (socket: Socket) => ({ name: socket.handshake.auth.user }),
    presenceGraceMs: 60_000,
  });
  io.rooms("quiet:*", { delivery: "ephemeral", authorize: () => true });
  io.rooms("broken:*", {
    authorize: () => true,
    presence: () => {
      throw new Error("It cannot be shown");
    },
  });
  return running;
}

const as = (user: string) => ({ auth: { user }, transports: ["websocket"] });

describe("a client", () => {
  test("sees who is there, comes and goes", async () => {
    const running = await chat();
    const { io } = running;
    const room = "chat:1";
    const ann = await connected(running, as("Ann"));
    await ann.emitWithAck("openline:join", { room });
    const bob = await connected(running, as("Bob"));
    const told: unknown[] = [];
    bob.on("openline:presence", (each) => told.push(each));
    const member = { id: ann.id, data: { name: "Ann" } };
    const seen = await bob.emitWithAck("openline:presence", { room, follow: true });
    expect(seen).toEqual({ members: [member], count: 1 });
    expect(io.room(room).members()).toEqual(seen);
    await bob.emitWithAck("openline:join", { room });
    const itself = { id: bob.id, data: { name: "Bob" } };
    await expect.poll(() => told).toEqual([{ room, entered: [itself], left: [], count: 2 }]);
    const { id } = ann;
    ann.disconnect();
    await expect.poll(() => told.slice(1)).toEqual([{ room, entered: [], left: [id], count: 1 }]);
  });

  test("that loses its connection stays, and has not come when it is back", async () => {
    const running = await chat();
    const { io } = running;
    const room = "chat:1";
    const ann = await connected(running, as("Ann"));
    await ann.emitWithAck("openline:join", { room });
    const socket = io.sockets.sockets.get(ann.id ?? "") as Socket;
    const lost = first(socket, "disconnect");
    ann.io.engine.close();
    await lost;
    expect(io.room(room).members().count).toBe(1);
    const back = first(ann, "connect");
    ann.connect();
    await back;
    expect(ann.recovered).toBe(true);
    expect(io.room(room).members().members).toEqual([{ id: ann.id, data: { name: "Ann" } }]);
    io.in(room).socketsLeave(room);
    expect(io.room(room).members().count).toBe(0);
  });

  test("that is away and is thrown out is gone at once", async () => {
    const running = await chat();
    const { io } = running;
    const room = "chat:1";
    const ann = await connected(running, as("Ann"));
    await ann.emitWithAck("openline:join", { room });
    const lost = first(io.sockets.sockets.get(ann.id ?? "") as Socket, "disconnect");
    ann.io.engine.close();
    await lost;
    io.in(room).disconnectSockets();
    expect(io.room(room).members().count).toBe(0);
  });

  test("needs leave to see it, in a room that tells", async () => {
    const running = await chat();
    const spy = await connected(running, as("spy"));
    const ask = (room: string) => spy.emitWithAck("openline:presence", { room });
    expect(await ask("chat:1")).toMatchObject({ code: "OPENLINE_FORBIDDEN" });
    expect(await ask("quiet:1")).toMatchObject({ code: "OPENLINE_NO_PRESENCE" });
  });

  test("follows no more rooms than it may join", async () => {
    const running = await start({ limits: { roomsPerSocket: 2 } });
    running.io.rooms("chat:*", { authorize: () => true, presence: true });
    const ann = await connected(running, as("Ann"));
    const follow = (room: string, follow = true) =>
      ann.emitWithAck("openline:presence", { room, follow });
    for (const room of ["chat:1", "chat:2", "chat:2"]) {
      expect(await follow(room)).toMatchObject({ count: 0 });
    }
    expect(await follow("chat:3")).toMatchObject({ code: "OPENLINE_TOO_MANY_ROOMS" });
    await follow("chat:1", false);
    expect(await follow("chat:3")).toMatchObject({ count: 0 });
  });

  test("that cannot be shown is there without its data", async () => {
    const errors: unknown[] = [];
    const running = await chat(errors);
    const ann = await connected(running, as("Ann"));
    await ann.emitWithAck("openline:join", { room: "broken:1" });
    expect(running.io.room("broken:1").members().members).toEqual([{ id: ann.id, data: null }]);
    expect(errors).toEqual([new Error("It cannot be shown")]);
  });
});
