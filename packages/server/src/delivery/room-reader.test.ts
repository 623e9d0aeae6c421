import { packetTypes } from "@openline/protocol/socket";
import { describe, expect, test } from "vitest";
import type { Log } from "../log/log.ts";
import { memoryLog } from "../log/memory-log.ts";
import { EncodedMessage } from "../messages/encoded-message.ts";
import { encodeStored, toStored } from "../messages/stored-event.ts";
import { CursorWriter } from "../sessions/cursor.ts";
import { LogMessages } from "./log-messages.ts";
import { RoomReader } from "./room-reader.ts";

/** Five messages in a room, with another one between each two of them. */
async function filled(): Promise<{ log: Log; reader: RoomReader }> {
  const log = await memoryLog().open("/");
  const payload = encodeStored(toStored(["message"], null));
  for (let index = 0; index < 5; index += 1) {
    const both = ["room", "other"].map((room) => ({ room, id: null, timeMs: 0, payload }));
    await log.append(both, "process");
  }
  const encodeForAll = (): EncodedMessage => new EncodedMessage([String(packetTypes.event)]);
  const encoding = { name: "/", isStandard: true, encodeForAll };
  return {
    log,
    reader: new RoomReader(log, new LogMessages(encoding, new CursorWriter(log.epoch))),
  };
}

describe("the position of a room at an earlier time", () => {
  test("is that of its newest message by then", async () => {
    const { reader } = await filled();
    for (const [sequence, offset] of [
      [0, 0],
      [1, 1],
      [2, 1],
      [3, 2],
      [9, 5],
      [10, 5],
    ] as const) {
      expect((await reader.position("room", sequence)).offset).toBe(offset);
    }
  });

  test("is never behind messages that came later, even if none is kept that tells", async () => {
    const { log, reader } = await filled();
    await log.trim("room", { maxMessages: 1 }, 0, 10);
    // The fourth message, sequence 7, is gone; the fifth alone would say that four were there.
    expect((await reader.position("room", 4)).offset).toBeLessThanOrEqual(2);
    const { gap } = await reader.read("room", { after: await reader.position("room", 4) });
    expect(gap).toBe(true);
    expect((await reader.position("room", 8)).offset).toBe(4);
  });

  test("is not before what was read, either", async () => {
    const { log, reader } = await filled();
    const { readAfter } = log;
    // The room is trimmed between the two.
    log.readAfter = async (...args) => {
      await log.trim("room", { maxMessages: 1 }, 0, 10);
      return readAfter.apply(log, args);
    };
    const { messages, position } = await reader.read("room", { after: 1 }, 5);
    expect(messages.at(-1)?.offset).toBe(3);
    expect(position.offset).toBe(3);
  });
});

describe("a gap", () => {
  test("is told when all that was asked for goes before it can be read", async () => {
    const { log, reader } = await filled();
    const { read } = log;
    log.read = async (...args) => {
      await log.trim("room", { maxMessages: 1 }, 0, 10);
      return read.apply(log, args);
    };
    const { messages, gap } = await reader.read("room", { after: 1 }, 5);
    expect(messages).toEqual([]);
    expect(gap).toBe(true);
  });

  test("is none behind the newest message, even if that is not kept", async () => {
    const { log, reader } = await filled();
    expect((await reader.read("room", { after: 5 })).gap).toBe(false);
    await log.trim("room", { maxMessages: 0 }, 0, 10);
    expect((await reader.read("room", { after: 5 })).gap).toBe(false);
    expect((await reader.read("room", { after: 4 })).gap).toBe(true);
  });
});

describe("a position of an epoch whose end was lost", () => {
  /** Offsets up to 2 are of the epoch before. */
  async function reopened(): Promise<{ log: Log; reader: RoomReader }> {
    const { log, reader } = await filled();
    const epochs = [
      { id: "before-this-one", after: 0 },
      { id: log.epoch, after: 4 },
    ];
    Object.defineProperty(log, "epochs", { value: epochs });
    return { log, reader };
  }

  const read = async (reader: RoomReader, offset: number, epoch = "before-this-one") => {
    const { messages, gap } = await reader.read("room", { after: { epoch, offset } });
    return { offsets: messages.map((message) => message.offset), gap };
  };

  test("goes on where that epoch ended", async () => {
    const { reader } = await reopened();
    expect(await read(reader, 2)).toEqual({ offsets: [3, 4, 5], gap: false });
    expect(await read(reader, 3)).toEqual({ offsets: [3, 4, 5], gap: true });
    expect(await read(reader, 99)).toEqual({ offsets: [3, 4, 5], gap: true });
    expect(await read(reader, 3, "before-t")).toEqual({ offsets: [3, 4, 5], gap: true });
    expect(await read(reader, 3, "unknown")).toEqual({ offsets: [1, 2, 3, 4, 5], gap: true });
  });

  test("is a gap when those that have its offsets now are not kept any more", async () => {
    const { log, reader } = await reopened();
    await log.trim("room", { maxMessages: 2 }, 0, 10);
    expect(await read(reader, 3)).toEqual({ offsets: [4, 5], gap: true });
    expect(await read(reader, 3, log.epoch)).toEqual({ offsets: [4, 5], gap: false });
  });

  test("is good when only messages of that epoch are not kept any more", async () => {
    const { log, reader } = await reopened();
    await log.trim("room", { maxMessages: 3 }, 0, 10);
    expect(await read(reader, 2)).toEqual({ offsets: [3, 4, 5], gap: false });
    expect(await read(reader, 1)).toEqual({ offsets: [3, 4, 5], gap: true });
  });
});
