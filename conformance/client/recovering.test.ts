import { describe, expect, test } from "vitest";
import { connected, join, next, pairs, pairsByWay, record, several, start } from "./fixture.ts";

const recovery = { connectionStateRecovery: {} };

describe.each(pairsByWay)("$client on $server by $way: taking a session up again", (sides) => {
  const { options } = sides;

  test("keeps the id, and brings what was missed, once and in order", async () => {
    const running = await start(sides, recovery);
    const { client: made, socket } = await join(sides, running, options);
    const { id } = made;
    expect(made.recovered).toBeFalsy();
    socket.join("room");
    const log = record(made, ["n"]);
    const first = next(made, "n");
    running.io.to("room").emit("n", 1);
    await first;
    const lost = next(made, "disconnect");
    socket.conn.close();
    await lost;
    running.io.to("room").emit("n", 2);
    running.io.emit("n", 3, { deep: Buffer.from("x") });
    await connected(made);
    expect([made.recovered, made.id]).toEqual([true, id]);
    running.io.to("room").emit("n", 4);
    await next(made, "n");
    // The offset that the server adds is seen by listeners, as it is by those of the stock client.
    expect(log.map((args) => args.slice(0, 2))).toEqual([
      ["n", 1],
      ["n", 2],
      ["n", 3],
      ["n", 4],
    ]);
    expect(log[2]?.[2]).toEqual({ deep: Buffer.from("x") });
  });

  test("is not done after the client's own disconnect", async () => {
    const running = await start(sides, recovery);
    const { client: made } = await join(sides, running, options);
    const got = next(made, "n");
    running.io.emit("n", 1);
    await got;
    made.disconnect().connect();
    await connected(made);
    expect(made.recovered).toBe(false);
  });

  test("fails after the time that the server keeps it, and a new one begins", async () => {
    const running = await start(sides, {
      connectionStateRecovery: { maxDisconnectionDuration: 1 },
    });
    const { client: made, socket } = await join(sides, running, {
      ...options,
      reconnectionDelay: 50,
      reconnectionDelayMax: 50,
    });
    const { id } = made;
    const got = next(made, "n");
    running.io.emit("n", 1);
    await got;
    const lost = next(made, "disconnect");
    socket.conn.close();
    await lost;
    await connected(made);
    expect(made.recovered).toBe(false);
    expect(made.id).not.toBe(id);
  });
});

describe.each(pairs)("$client on $server: what came while the connection went", (sides) => {
  // Packets wait for a microtask each; a connection that ends in the same turn comes before them.
  test("is shown once", async () => {
    const running = await start(sides, recovery);
    const { client: made, socket } = await join(sides, running, { transports: ["polling"] });
    const log = record(made, ["n"]);
    const first = next(made, "n");
    running.io.emit("n", 0);
    await first;
    // As one answer of the server holds events, and the connection is lost as soon as it is read.
    made.io.engine.on("data", (data) => {
      if (String(data).includes("last")) made.io.engine.close();
    });
    const lost = next(made, "disconnect");
    for (const n of [1, 2]) running.io.emit("n", n);
    socket.emit("last");
    await lost;
    await connected(made);
    expect(made.recovered).toBe(true);
    const end = several(made, "n", 1);
    running.io.emit("n", 3);
    await end;
    const numbers = log.map(([, n]) => n);
    const once = [0, 1, 2, 3];
    // The stock client shows those again that it had taken, but not shown, when the connection went.
    expect(numbers).toEqual(sides.client === "@openline/client" ? once : [0, 1, 2, 1, 2, 3]);
  });
});
