import { describe, expect, test } from "vitest";
import { implementations, join, next, record, settled, start } from "./fixture.ts";

const turn = (): Promise<void> => new Promise(setImmediate);

describe.each(implementations)("namespaces of a pattern on $name", (implementation) => {
  test("stay as long as one of their clients does", async () => {
    const running = await start(implementation, { cleanupEmptyChildNamespaces: true });
    running.io.of(/^\/child$/);
    const one = await join(running, {}, "/child");
    const two = await join(running, {}, "/child");
    const left = next(two.socket, "disconnect");
    two.client.disconnect();
    await left;
    await turn();
    expect(running.io._nsps.has("/child")).toBe(true);
    await settled(one.socket, one.client);
  });

  test("close their adapter when they go, and get another when they come again", async () => {
    const running = await start(implementation, { cleanupEmptyChildNamespaces: true });
    const parent = running.io.of(/^\/child$/);
    const namesOf: string[] = [];
    parent.on("connection", (socket) => namesOf.push(socket.nsp.name));
    const first = await join(running, {}, "/child");
    const { nsp } = first.socket;
    let closed = 0;
    const close = nsp.adapter.close.bind(nsp.adapter);
    nsp.adapter.close = () => {
      closed += 1;
      return close();
    };
    const left = next(first.socket, "disconnect");
    first.client.disconnect();
    await left;
    await turn();
    expect([closed, running.io._nsps.has("/child")]).toEqual([1, false]);
    const again = await join(running, {}, "/child");
    expect(again.socket.nsp.adapter).not.toBe(nsp.adapter);
    expect(namesOf).toEqual(["/child", "/child"]);
  });

  test("are reached together through what stands for them", async () => {
    const running = await start(implementation);
    const parent = running.io.of(/^\/child-\d$/);
    const one = await join(running, {}, "/child-1");
    const two = await join(running, {}, "/child-2");
    const logs = [record(one.client), record(two.client)];
    await one.socket.join("r");
    parent.emit("all");
    parent.to("r").emit("room");
    for (const { socket, client } of [one, two]) await settled(socket, client);
    expect(logs).toEqual([[["all"], ["room"]], [["all"]]]);
    expect(() => parent.fetchSockets()).toThrow(/not supported/);
  });
});
