import { describe, expect, test } from "vitest";
import { connect, listen, next, onTestEnd, openPair } from "./fixture.ts";
import { type Socket, targets } from "./targets.ts";

const names = ["open", "error", "close", "message"] as const;

describe.each(targets)("browser events of $name", (target) => {
  test.each(names)(
    "on%s is null, takes a function, gives it back, and can be emptied",
    async (name) => {
      const { client } = await openPair(target);
      const property = `on${name}` as const;
      expect(client[property]).toBe(null);
      const handler = () => {};
      client[property] = handler;
      expect(client[property]).toBe(handler);
      expect(client.listenerCount(name)).toBe(1);
      const other = () => {};
      client[property] = other;
      expect(client[property]).toBe(other);
      expect(client.listenerCount(name)).toBe(1);
      client[property] = null;
      expect(client[property]).toBe(null);
      expect(client.listenerCount(name)).toBe(0);
    },
  );

  test("a handler that is no function empties the property", async () => {
    const { client } = await openPair(target);
    client.onmessage = () => {};
    client.onmessage = "no function" as unknown as null;
    expect(client.onmessage).toBe(null);
    expect(client.listenerCount("message")).toBe(0);
  });

  test("open gives an event with type and target", async () => {
    const { url } = await listen(target);
    const client = connect(target, url);
    const event = await new Promise<{ type: string; target: Socket }>((resolve) => {
      client.onopen = resolve;
    });
    expect([event.type, event.target]).toEqual(["open", client]);
  });

  test("message gives data: a string for text, bytes for binary", async () => {
    const { socket, client } = await openPair(target);
    const events: { type: string; target: unknown; data: unknown }[] = [];
    const two = new Promise<void>((resolve) => {
      client.onmessage = (event) => {
        events.push(event);
        if (events.length === 2) resolve();
      };
    });
    socket.send("text");
    socket.send(Buffer.from("bytes"));
    await two;
    expect(events.map(({ type, target, data }) => [type, target === client, data])).toEqual([
      ["message", true, "text"],
      ["message", true, Buffer.from("bytes")],
    ]);
  });

  test("close gives code, reason as a string, and wasClean", async () => {
    const { socket, client } = await openPair(target);
    const event = new Promise<unknown>((resolve) => {
      client.onclose = ({ type, code, reason, wasClean, target }) => {
        resolve({ type, code, reason, wasClean, isTarget: target === client });
      };
    });
    socket.close(4001, "bye");
    expect(await event).toEqual({
      type: "close",
      code: 4001,
      reason: "bye",
      wasClean: true,
      isTarget: true,
    });
  });

  test("close of a lost connection is not clean", async () => {
    const { socket, client } = await openPair(target);
    const event = new Promise<unknown>((resolve) => {
      client.onclose = ({ code, reason, wasClean }) => resolve([code, reason, wasClean]);
    });
    socket.terminate();
    expect(await event).toEqual([1006, "", false]);
  });

  test("error gives the error and its message", async () => {
    const { url } = await listen(target, { verifyClient: () => false });
    const client = connect(target, url);
    const event = await new Promise<{
      type: string;
      error: Error;
      message: string;
      target: unknown;
    }>((resolve) => {
      client.onerror = resolve;
    });
    expect(event.type).toBe("error");
    expect(event.error).toBeInstanceOf(Error);
    expect(event.message).toBe("Unexpected server response: 401");
    expect(event.message).toBe(event.error.message);
    expect(event.target).toBe(client);
  });

  test("this is the socket in a handler", async () => {
    const { socket, client } = await openPair(target);
    const self = new Promise<unknown>((resolve) => {
      client.onmessage = function (this: unknown) {
        resolve(this);
      };
    });
    socket.send("a");
    expect(await self).toBe(client);
  });

  describe("addEventListener", () => {
    test("adds many, in order, beside the on… property and on()", async () => {
      const { socket, client } = await openPair(target);
      const order: string[] = [];
      const done = next(client, "close");
      client.addEventListener("message", () => order.push("first"));
      client.onmessage = () => order.push("property");
      client.on("message", () => order.push("emitter"));
      client.addEventListener("message", () => order.push("last"));
      socket.send("a");
      socket.close();
      await done;
      expect(order).toEqual(["first", "property", "emitter", "last"]);
    });

    test("adds the same listener once", async () => {
      const { client } = await openPair(target);
      const listener = () => {};
      client.addEventListener("message", listener);
      client.addEventListener("message", listener);
      expect(client.listenerCount("message")).toBe(1);
      client.addEventListener("close", listener);
      expect(client.listenerCount("close")).toBe(1);
    });

    test("may add the handler of the property, too", async () => {
      const { client } = await openPair(target);
      const listener = () => {};
      client.onmessage = listener;
      client.addEventListener("message", listener);
      expect(client.listenerCount("message")).toBe(2);
    });

    test("once: true hears one event", async () => {
      const { socket, client } = await openPair(target);
      const got: unknown[] = [];
      const done = next(client, "close");
      client.addEventListener("message", ({ data }) => got.push(data), { once: true });
      socket.send("one");
      socket.send("two");
      socket.close();
      await done;
      expect(got).toEqual(["one"]);
    });

    test("takes an object with handleEvent, called on it", async () => {
      const { socket, client } = await openPair(target);
      const heard = new Promise<unknown[]>((resolve) => {
        const listener = {
          name: "mine",
          handleEvent(event: { data: unknown }) {
            resolve([this.name, event.data]);
          },
        };
        client.addEventListener("message", listener);
      });
      socket.send("a");
      expect(await heard).toEqual(["mine", "a"]);
    });

    test("ignores a type that a browser does not have", async () => {
      const { client } = await openPair(target);
      const add = client.addEventListener.bind(client) as (
        type: string,
        listener: () => void,
      ) => void;
      const before = client.listenerCount("foo") + client.listenerCount("ping");
      add("foo", () => {});
      add("ping", () => {});
      expect(client.listenerCount("foo") + client.listenerCount("ping")).toBe(before);
    });
  });

  describe("removeEventListener", () => {
    test("removes a listener, and an object with handleEvent", async () => {
      const { client } = await openPair(target);
      const listener = () => {};
      const object = { handleEvent: listener };
      client.addEventListener("message", listener);
      client.addEventListener("message", object);
      expect(client.listenerCount("message")).toBe(2);
      client.removeEventListener("message", () => {});
      expect(client.listenerCount("message")).toBe(2);
      client.removeEventListener("message", listener);
      client.removeEventListener("message", object);
      expect(client.listenerCount("message")).toBe(0);
    });

    test("removes a once listener before it was called", async () => {
      const { client } = await openPair(target);
      const listener = () => {};
      client.addEventListener("close", listener, { once: true });
      client.removeEventListener("close", listener);
      expect(client.listenerCount("close")).toBe(0);
    });

    test("leaves the on… property and on() alone", async () => {
      const { client } = await openPair(target);
      const listener = () => {};
      client.onmessage = listener;
      client.on("message", listener);
      client.removeEventListener("message", listener);
      expect(client.listenerCount("message")).toBe(2);
      expect(client.onmessage).toBe(listener);
    });
  });

  test("once, off and removeAllListeners of the emitter work", async () => {
    const { socket, client } = await openPair(target);
    const got: string[] = [];
    const done = next(client, "close");
    const removed = () => got.push("removed");
    client.once("message", (data) => got.push(`once ${data}`));
    client.on("message", removed);
    client.off("message", removed);
    socket.send("a");
    socket.send("b");
    socket.close();
    await done;
    expect(got).toEqual(["once a"]);
    client.removeAllListeners();
    expect(client.listenerCount("message")).toBe(0);
  });

  test("a listener that throws does so out of the loop, as an emitter's does", async () => {
    const { socket } = await openPair(target);
    const thrown = new Error("of the listener");
    socket.on("custom", () => {
      throw thrown;
    });
    expect(() => socket.emit("custom")).toThrow(thrown);
    onTestEnd(() => socket.terminate());
  });
});
