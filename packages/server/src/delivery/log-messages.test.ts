import { expect, test } from "vitest";
import type { LogEntry } from "../log/log.ts";
import { EncodedMessage } from "../messages/encoded-message.ts";
import { encodeStored, toStored } from "../messages/stored-event.ts";
import { CursorWriter } from "../sessions/cursor.ts";
import { LogMessages } from "./log-messages.ts";

const encoding = { name: "/", isStandard: true, encodeForAll: () => new EncodedMessage([]) };

function entryOf(sequence: number, text: string): LogEntry {
  const payload = encodeStored(toStored(["said", text], null));
  return { room: "chat:1", id: null, timeMs: 0, payload, sequence, offset: sequence };
}

test("messages are made once for all who get them, until newer ones need the room", () => {
  const messages = new LogMessages(encoding, new CursorWriter("12345678rest"));
  // Eight of these are past what is kept.
  const text = "x".repeat(1024 * 1024);
  const first = entryOf(1, text);
  const made = messages.of(first);
  expect(messages.of(first)).toBe(made);
  for (let sequence = 2; sequence < 8; sequence += 1) messages.of(entryOf(sequence, text));
  expect(messages.of(first)).toBe(made);
  for (let sequence = 8; sequence < 16; sequence += 1) messages.of(entryOf(sequence, text));
  const again = messages.of(first);
  expect(again).not.toBe(made);
  expect(again.message.parts).toEqual(made.message.parts);
  const newest = entryOf(15, text);
  expect(messages.of(newest)).toBe(messages.of(newest));
});

test("a cursor stands behind the arguments", () => {
  const cursors = new CursorWriter("12345678rest");
  const { message } = new LogMessages(encoding, cursors).of(entryOf(36, "hello"));
  expect(message.parts).toEqual([`42["said","hello","${cursors.behindMessage(36)}"]`]);
});
