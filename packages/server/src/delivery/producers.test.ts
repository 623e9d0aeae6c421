import { describe, expect, test } from "vitest";
import { DeliveryError } from "../rooms/delivery-error.ts";
import { type NumberedMessage, Producer, ProducerEpochs, type ProducerHost } from "./producers.ts";
import type { Published } from "./publishing.ts";

/** A log that answers when it is told to. */
function fakeHost(change: Partial<ProducerHost> = {}) {
  const logged: string[] = [];
  const batches: (readonly string[])[] = [];
  const host: ProducerHost = {
    allow: () => {},
    admit: (_room, data) => data,
    isLogged: (room) => room !== "unlogged",
    publish: (messages) => {
      batches.push(messages.map(({ data }) => data[0]));
      return Promise.resolve(
        messages.map(({ data }): Published => {
          logged.push(data[0]);
          return { epoch: "e", offset: logged.length, duplicate: false };
        }),
      );
    },
    ...change,
  };
  return { host, logged, batches };
}

const message = (event: string, room = "room"): NumberedMessage => ({
  room,
  data: [event],
  id: null,
});
const at = (sequence: unknown, epoch: unknown = 0, producer: unknown = "p") => ({
  producer,
  epoch,
  sequence,
});

/** Its position, or the code of its refusal. */
async function outcome(publish: () => Promise<Published>): Promise<unknown> {
  try {
    return (await publish()).offset;
  } catch (error) {
    if (error instanceof DeliveryError) return error.code;
    throw error;
  }
}

describe("a producer", () => {
  test("publishes what is on its way together, in its order", async () => {
    const { host, logged, batches } = fakeHost();
    const producer = new Producer(host, new ProducerEpochs());
    const answers = ["a", "b", "c", "d"].map((event, index) =>
      outcome(() => producer.publish(at(index), message(event))),
    );
    expect(await Promise.all(answers)).toEqual([1, 2, 3, 4]);
    expect(logged).toEqual(["a", "b", "c", "d"]);
    expect(batches).toEqual([["a"], ["b", "c", "d"]]);
  });

  test("keeps its order when some are allowed later than others", async () => {
    const allowing: (() => void)[] = [];
    const { host, logged } = fakeHost({
      allow: (room) =>
        room === "slow" ? new Promise<void>((resolve) => allowing.push(resolve)) : undefined,
    });
    const producer = new Producer(host, new ProducerEpochs());
    const first = outcome(() => producer.publish(at(0), message("a", "slow")));
    const second = outcome(() => producer.publish(at(1), message("b")));
    await Promise.resolve();
    expect(logged).toEqual([]);
    allowing[0]?.();
    expect(await Promise.all([first, second])).toEqual([1, 2]);
    expect(logged).toEqual(["a", "b"]);
  });

  test("takes with one that is refused all that follow in its epoch", async () => {
    const { host, logged } = fakeHost({
      allow: (room) => {
        if (room === "secret") throw new DeliveryError("OPENLINE_FORBIDDEN", "No");
      },
    });
    const producer = new Producer(host, new ProducerEpochs());
    const answers = await Promise.all(
      ["room", "secret", "room"].map((room, index) =>
        outcome(() => producer.publish(at(index), message(String(index), room))),
      ),
    );
    expect(answers).toEqual([1, "OPENLINE_FORBIDDEN", "OPENLINE_OUT_OF_ORDER"]);
    expect(await outcome(() => producer.publish(at(3), message("3")))).toBe(
      "OPENLINE_OUT_OF_ORDER",
    );
    expect(await outcome(() => producer.publish(at(0, 1), message("2")))).toBe(2);
    expect(logged).toEqual(["0", "2"]);
  });

  test("loses all of what went to the log together when that refuses", async () => {
    const { host, logged } = fakeHost();
    const { publish } = host;
    const full = {
      ...host,
      publish: (messages: readonly NumberedMessage[]) =>
        logged.length > 0
          ? Promise.reject(new DeliveryError("OPENLINE_LOG_FULL", "Full", 1_000))
          : publish(messages),
    };
    const producer = new Producer(full, new ProducerEpochs());
    const first = outcome(() => producer.publish(at(0), message("a")));
    const others = [1, 2].map((index) =>
      outcome(() => producer.publish(at(index), message(String(index)))),
    );
    expect(await first).toBe(1);
    expect(await Promise.all(others)).toEqual(["OPENLINE_LOG_FULL", "OPENLINE_LOG_FULL"]);
    expect(logged).toEqual(["a"]);
  });

  test.each([
    ["a hole", at(2), "OPENLINE_OUT_OF_ORDER"],
    ["the same again", at(0), "OPENLINE_OUT_OF_ORDER"],
    ["an epoch that begins in its middle", at(1, 1), "OPENLINE_OUT_OF_ORDER"],
    ["another producer's middle", at(1, 0, "q"), "OPENLINE_OUT_OF_ORDER"],
    ["no producer", at(1, 0, ""), "OPENLINE_BAD_REQUEST"],
    ["a producer that is too long", at(1, 0, "p".repeat(65)), "OPENLINE_BAD_REQUEST"],
    ["half an epoch", at(1, 0.5), "OPENLINE_BAD_REQUEST"],
    ["no sequence", at(undefined), "OPENLINE_BAD_REQUEST"],
    ["a negative sequence", at(-1), "OPENLINE_BAD_REQUEST"],
  ])("refuses %s", async (_what, fields, code) => {
    const { host, logged } = fakeHost();
    const producer = new Producer(host, new ProducerEpochs());
    await producer.publish(at(0), message("a"));
    expect(await outcome(() => Promise.resolve(producer.publish(fields, message("b"))))).toBe(code);
    expect(logged).toEqual(["a"]);
  });

  test("is fenced once it goes on elsewhere", async () => {
    const { host, logged } = fakeHost();
    const epochs = new ProducerEpochs();
    const zombie = new Producer(host, epochs);
    const successor = new Producer(host, epochs);
    await zombie.publish(at(0, 3), message("a"));
    await successor.publish(at(0, 4), message("b"));
    expect(await outcome(async () => zombie.publish(at(1, 3), message("c")))).toBe(
      "OPENLINE_FENCED",
    );
    await successor.publish(at(1, 4), message("d"));
    expect(logged).toEqual(["a", "b", "d"]);
  });

  test("has at most 64 on their way", async () => {
    const { host } = fakeHost({ publish: () => new Promise(() => {}) });
    const producer = new Producer(host, new ProducerEpochs());
    for (let index = 0; index < 64; index += 1) void producer.publish(at(index), message("a"));
    await Promise.resolve();
    expect(() => producer.publish(at(64), message("b"))).toThrow(
      expect.objectContaining({ code: "OPENLINE_OUT_OF_ORDER", retryAfterMs: 100 }),
    );
  });

  test("sends what is not logged alone: it cannot be taken back", async () => {
    const { host, batches } = fakeHost();
    const producer = new Producer(host, new ProducerEpochs());
    const rooms = ["room", "room", "unlogged", "unlogged", "room", "room"];
    await Promise.all(
      rooms.map((room, index) => producer.publish(at(index), message(String(index), room))),
    );
    expect(batches).toEqual([["0"], ["1"], ["2"], ["3"], ["4", "5"]]);
  });
});
