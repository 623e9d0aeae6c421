import { describe, expect, test } from "vitest";
import { connect, listen, next, nextClose, openPair } from "./fixture.ts";
import { targets } from "./targets.ts";

describe.each(targets)("pause() and resume() of $name", (target) => {
  test("do nothing while CONNECTING", async () => {
    const { url } = await listen(target);
    const client = connect(target, url);
    client.pause();
    expect(client.isPaused).toBe(false);
    client.resume();
    expect(client.isPaused).toBe(false);
    await next(client, "open");
  });

  test("do nothing when CLOSED", async () => {
    const { client } = await openPair(target);
    const closed = next(client, "close");
    client.close();
    await closed;
    client.pause();
    expect(client.isPaused).toBe(false);
    client.resume();
    expect(client.isPaused).toBe(false);
  });

  test("isPaused says which was last", async () => {
    const { client } = await openPair(target);
    expect(client.isPaused).toBe(false);
    client.pause();
    expect(client.isPaused).toBe(true);
    client.pause();
    expect(client.isPaused).toBe(true);
    client.resume();
    expect(client.isPaused).toBe(false);
  });

  test("messages wait for resume(), and keep their order", async () => {
    const { socket, client } = await openPair(target);
    const got: string[] = [];
    client.on("message", (data) => got.push(String(data)));
    client.pause();
    // The pong says that everything before it was sent.
    for (const text of ["one", "two", "three"]) {
      await new Promise<void>((resolve) => socket.send(text, () => resolve()));
    }
    await new Promise((resolve) => setImmediate(resolve));
    expect(got).toEqual([]);
    const last = next(client, "pong");
    client.resume();
    socket.pong();
    await last;
    expect(got).toEqual(["one", "two", "three"]);
  });

  test("a paused side may send", async () => {
    const { socket, client } = await openPair(target);
    client.pause();
    const received = next<[Buffer]>(socket, "message");
    client.send("from a paused one");
    expect(String((await received)[0])).toBe("from a paused one");
    client.resume();
  });

  test("a paused socket makes the sender's bufferedAmount grow", async () => {
    const { socket, client } = await openPair(target);
    client.pause();
    const chunk = Buffer.alloc(64 * 1024);
    for (let sent = 0; sent < 800 && socket.bufferedAmount < 512 * 1024; sent++) {
      socket.send(chunk);
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(socket.bufferedAmount).toBeGreaterThanOrEqual(512 * 1024);
    client.resume();
  });

  test("pause() while CLOSING, and resume(), let the close finish", async () => {
    const { client } = await openPair(target);
    const closed = nextClose(client);
    client.close(1000);
    client.pause();
    expect(client.isPaused).toBe(true);
    client.resume();
    expect((await closed).code).toBe(1000);
  });

  test("terminate() works on a paused socket", async () => {
    const { client } = await openPair(target);
    client.pause();
    const closed = nextClose(client);
    client.terminate();
    expect((await closed).code).toBe(1006);
  });

  test("pause() in a 'message' listener and resume() later deliver everything once", async () => {
    const { socket, client } = await openPair(target);
    const got: string[] = [];
    const done = next(client, "close");
    client.on("message", (data) => {
      got.push(String(data));
      client.pause();
      setImmediate(() => client.resume());
    });
    const sent = Array.from({ length: 20 }, (_, index) => `message ${index}`);
    for (const text of sent) socket.send(text);
    socket.close();
    await done;
    expect(got).toEqual(sent);
  });
});
