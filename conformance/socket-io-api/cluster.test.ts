import type { AdapterConstructor } from "openline";
import {
  ClusterAdapter,
  type ClusterMessage,
  type ClusterResponse,
  type Offset,
  type ServerId,
} from "socket.io-adapter";
import { describe, expect, test } from "vitest";
import {
  deferred,
  type Implementation,
  implementations,
  join,
  next,
  type Running,
  record,
  settled,
  start,
} from "./fixture.ts";

/** What every adapter of Socket.IO's for several servers extends, over a bus in memory. */
function newClusterAdapter(): AdapterConstructor {
  const members = new Set<Member>();
  class Member extends ClusterAdapter {
    // The base class has a protected one.
    constructor(nsp: unknown) {
      super(nsp);
    }

    override init(): void {
      members.add(this);
    }

    override close(): void {
      members.delete(this);
    }

    override serverCount(): Promise<number> {
      return Promise.resolve(members.size);
    }

    override doPublish(message: ClusterMessage): Promise<Offset> {
      // Each gets a copy of its own, as over a network; it knows what is its own by the uid.
      const copy = structuredClone(message);
      for (const member of members) if (member !== this) member.onMessage(structuredClone(copy));
      return Promise.resolve("1");
    }

    override doPublishResponse(to: ServerId, response: ClusterResponse): Promise<void> {
      for (const member of members) {
        if (member.uid === to) member.onResponse(structuredClone(response));
      }
      return Promise.resolve();
    }
  }
  return Member as unknown as AdapterConstructor; // its shape is that of Socket.IO's
}

const stock = implementations[0] as Implementation;
/** Servers of one kind, and one of each behind the same bus. */
const clusters = [
  ...implementations.map((each) => ({ cluster: `two of ${each.name}`, both: [each, each] })),
  { cluster: "one of each", both: [...implementations] },
  { cluster: "one of each, the other way round", both: [...implementations].reverse() },
];

describe.each(clusters)("a cluster of $cluster", ({ both: [one = stock, other = stock] }) => {
  async function cluster(): Promise<{ here: Running; there: Running }> {
    const adapter = newClusterAdapter();
    return { here: await start(one, { adapter }), there: await start(other, { adapter }) };
  }

  async function withClients() {
    const { here, there } = await cluster();
    return { here, there, near: await join(here), far: await join(there) };
  }

  test("broadcasts reach the clients of both, and with `local` those of one", async () => {
    const { here, near, far } = await withClients();
    const logs = [record(near.client), record(far.client)];
    here.io.emit("all", { file: Buffer.from("x") });
    here.io.local.emit("local");
    near.socket.broadcast.emit("others");
    await new Promise(setImmediate);
    await settled(near.socket, near.client);
    await settled(far.socket, far.client);
    // What goes to both waits for the bus; what is local overtakes it.
    expect(logs[0]).toEqual([["local"], ["all", { file: Buffer.from("x") }]]);
    expect(logs[1]).toEqual([["all", { file: Buffer.from("x") }], ["others"]]);
  });

  test("rooms are joined, left and asked for across servers", async () => {
    const { here, there, near, far } = await withClients();
    await near.socket.join("r");
    here.io.in(far.socket.id).socketsJoin("r");
    await expect.poll(() => far.socket.rooms.has("r")).toBe(true);
    const found = await there.io.in("r").fetchSockets();
    expect(new Set(found.map(({ id }) => id))).toEqual(new Set([near.socket.id, far.socket.id]));
    there.io.in("r").socketsLeave("r");
    await expect.poll(() => near.socket.rooms.has("r")).toBe(false);
    expect(await here.io.in("r").fetchSockets()).toEqual([]);
  });

  test("a remote socket can be told, moved and disconnected", async () => {
    const { here, near, far } = await withClients();
    far.socket.data.name = "far";
    const remote = (await here.io.fetchSockets()).find(({ id }) => id === far.socket.id);
    expect(remote?.data).toEqual({ name: "far" });
    expect(remote?.handshake.query).toMatchObject({ EIO: "4" });
    const told = next(far.client, "hello");
    remote?.emit("hello", 1);
    expect(await told).toEqual([1]);
    const left = next(far.client, "disconnect");
    remote?.disconnect(true);
    expect((await left)[0]).toBe("io server disconnect");
    expect(near.socket.connected).toBe(true);
  });

  test("answers come from the clients of both", async () => {
    const { here, near, far } = await withClients();
    near.client.on("ask", (answer) => answer("near"));
    far.client.on("ask", (answer) => answer("far"));
    const answers = await here.io.timeout(20_000).emitWithAck("ask");
    expect([...answers].sort()).toEqual(["far", "near"]);
  });

  test("servers ask each other", async () => {
    const { here, there } = await cluster();
    const plain = deferred<unknown[]>();
    there.io.on("plain", (...args: unknown[]) => plain.resolve(args));
    here.io.serverSideEmit("plain", 1, "two");
    expect(await plain.promise).toEqual([1, "two"]);
    there.io.on("count", (answer: (count: number) => void) => answer(7));
    expect(await here.io.serverSideEmitWithAck("count")).toEqual([7]);
  });

  test("namespaces are apart", async () => {
    const { here, there } = await cluster();
    here.io.of("/a");
    there.io.of("/a");
    const inA = await join(there, {}, "/a");
    const log = record(inA.client);
    here.io.emit("main");
    here.io.of("/a").emit("a");
    await new Promise(setImmediate);
    await settled(inA.socket, inA.client);
    expect(log).toEqual([["a"]]);
  });
});
