import { describe, expect, it } from "vitest";
import { EncodedMessage } from "../messages/encoded-message.ts";
import { Adapter, type AdapterNamespace, type AdapterSocket } from "./adapter.ts";

/** An adapter with these sockets, each in the room of its own name. */
function adapterWith(...ids: string[]): {
  adapter: Adapter;
  events: string[];
  reached(rooms: string[], except?: string[]): string[];
} {
  const got: string[] = [];
  const sockets = new Map<string, AdapterSocket>();
  const nsp: AdapterNamespace = {
    name: "/",
    sockets,
    nextAckId: () => 0,
    encodeForAll: () => new EncodedMessage(["42[]"]),
  };
  const adapter = new Adapter(nsp);
  const events: string[] = [];
  for (const event of ["create-room", "join-room", "leave-room", "delete-room"]) {
    adapter.on(event, (...args: string[]) => events.push([event, ...args].join(" ")));
  }
  for (const id of ids) {
    sockets.set(id, {
      id,
      subscriber: null,
      handshake: {},
      rooms: [],
      data: {},
      acks: new Map(),
      client: { sendShared: () => got.push(id) },
      notifyOutgoingListeners() {},
      join() {},
      leave() {},
      disconnect() {},
    });
    void adapter.addAll(id, new Set([id]));
  }
  return {
    adapter,
    events,
    reached(rooms, except = []) {
      got.length = 0;
      const packet = { type: 2, data: ["e"] } as const;
      adapter.broadcast(packet, { rooms: new Set(rooms), except: new Set(except) });
      return got.toSorted();
    },
  };
}

describe("a socket's own room", () => {
  it("is there for whoever looks, as maps show it", () => {
    const { adapter } = adapterWith("a", "b");
    expect(adapter.rooms.size).toBe(2);
    expect(adapter.rooms.has("a")).toBe(true);
    expect(adapter.sids.get("a")).toEqual(new Set(["a"]));
    expect(adapter.rooms.get("b")).toEqual(new Set(["b"]));
    expect([...adapter.rooms.keys()]).toEqual(["a", "b"]);
    expect(Object.fromEntries(adapter.sids)).toEqual({ a: new Set(["a"]), b: new Set(["b"]) });
    expect(adapter.rooms.size).toBe(2);
  });

  it("is there in each way to go over a map", () => {
    const ways: ((map: Map<string, Set<string>>) => unknown[])[] = [
      (map) => [...map.keys()],
      (map) => [...map.values()].flatMap((set) => [...set]),
      (map) => Array.from(map.entries(), ([key]) => key),
      (map) => Array.from(map, ([key]) => key),
      (map) => {
        const keys: string[] = [];
        for (const [key] of map) keys.push(key);
        return keys;
      },
      (map) => {
        const keys: string[] = [];
        map.forEach((_, key) => {
          keys.push(key);
        });
        return keys;
      },
    ];
    for (const way of ways) expect(way(adapterWith("a", "b").adapter.rooms)).toEqual(["a", "b"]);
  });

  it("tells of its beginning and end", () => {
    const { adapter, events } = adapterWith("a");
    adapter.delAll("a");
    expect(events).toEqual(["create-room a", "join-room a a", "leave-room a a", "delete-room a"]);
    expect(adapter.rooms.size).toBe(0);
    expect(adapter.sids.has("a")).toBe(false);
  });

  it("may be joined by others", () => {
    const { adapter, reached } = adapterWith("a", "b");
    void adapter.addAll("b", new Set(["a"]));
    expect(reached(["a"])).toEqual(["a", "b"]);
    adapter.delAll("a");
    expect(reached(["a"])).toEqual(["b"]);
    expect(adapter.rooms.get("a")).toEqual(new Set(["b"]));
  });

  it("may be left and joined again", () => {
    const { adapter, reached } = adapterWith("a");
    void adapter.del("a", "a");
    expect(reached(["a"])).toEqual([]);
    void adapter.addAll("a", new Set(["a"]));
    expect(reached(["a"])).toEqual(["a"]);
  });

  it("stays when other rooms are joined and left", () => {
    const { adapter, events } = adapterWith("a");
    void adapter.addAll("a", new Set(["x"]));
    expect(adapter.socketRooms("a")).toEqual(new Set(["a", "x"]));
    void adapter.del("a", "x");
    expect(adapter.socketRooms("a")).toEqual(new Set(["a"]));
    expect(events.slice(2)).toEqual([
      "create-room x",
      "join-room x a",
      "leave-room x a",
      "delete-room x",
    ]);
  });
});

describe("a broadcast", () => {
  it("reaches all, rooms, and each once", () => {
    const { adapter, reached } = adapterWith("a", "b", "c");
    void adapter.addAll("a", new Set(["x", "y"]));
    void adapter.addAll("b", new Set(["x"]));
    expect(reached([])).toEqual(["a", "b", "c"]);
    expect(reached(["x"])).toEqual(["a", "b"]);
    expect(reached(["x", "y", "c"])).toEqual(["a", "b", "c"]);
    expect(reached(["c"])).toEqual(["c"]);
    expect(reached(["nobody"])).toEqual([]);
  });

  it("leaves out rooms and sockets", () => {
    const { adapter, reached } = adapterWith("a", "b", "c");
    void adapter.addAll("a", new Set(["x"]));
    expect(reached([], ["c"])).toEqual(["a", "b"]);
    expect(reached([], ["x"])).toEqual(["b", "c"]);
    expect(reached([], ["x", "c"])).toEqual(["b"]);
    expect(reached(["c"], ["c"])).toEqual([]);
    expect(reached(["x"], ["a"])).toEqual([]);
    expect(reached([], ["nobody"])).toEqual(["a", "b", "c"]);
  });

  it("knows who has joined and left since the last one", () => {
    const { adapter, reached } = adapterWith("a", "b", "c");
    void adapter.addAll("a", new Set(["x"]));
    expect(reached(["x"])).toEqual(["a"]);
    void adapter.addAll("b", new Set(["x"]));
    expect(reached(["x"])).toEqual(["a", "b"]);
    void adapter.del("a", "x");
    expect(reached(["x"])).toEqual(["b"]);
    adapter.delAll("b");
    expect(reached(["x"])).toEqual([]);
  });

  it("reaches those who joined before they were connected, once they are", () => {
    const { adapter, reached } = adapterWith("a");
    void adapter.addAll("a", new Set(["x"]));
    void adapter.addAll("late", new Set(["x"]));
    expect(reached(["x"])).toEqual(["a"]);
    const [template] = adapter.nsp.sockets.values();
    const late = { ...template, id: "late" } as AdapterSocket;
    (adapter.nsp.sockets as Map<string, AdapterSocket>).set("late", late);
    expect(reached(["x"])).toHaveLength(2);
  });
});
