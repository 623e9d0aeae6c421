import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { chatErrors, chatLimits } from "../../protocol/chat.ts";
import { parseClientMessage } from "./parse-client-message.ts";

function parse(value: unknown) {
  return parseClientMessage(JSON.stringify(value));
}

describe("a message of a page", () => {
  test.each([
    [{ type: "hello", session: "s-1", name: "Ada" }],
    [{ type: "rename", name: "Ben" }],
    [{ type: "join", room: "general" }],
    [{ type: "join", room: "help", epoch: "e", after: 7 }],
    [{ type: "send", room: "random", id: "a1", text: "Hello\nyou" }],
    [{ type: "typing", isTyping: true }],
    [{ type: "probe" }],
    [{ type: "cut" }],
  ])("%j is taken as it is", (value) => {
    expect(parse(value)).toEqual({ message: value });
  });

  test.each([
    ["NOT_JSON", "{"],
    ["NOT_JSON", "[]"],
    ["NOT_JSON", "null"],
    ["NOT_JSON", '"hello"'],
    ["UNKNOWN_TYPE", "{}"],
    ["UNKNOWN_TYPE", '{"type":"__proto__"}'],
    ["BAD_FIELD", '{"type":"hello","name":"Ada"}'],
    ["BAD_FIELD", '{"type":"hello","session":"a b","name":"Ada"}'],
    ["BAD_NAME", '{"type":"hello","session":"a"}'],
    ["BAD_NAME", '{"type":"rename","name":"  "}'],
    ["BAD_NAME", '{"type":"rename","name":"\\u200b\\u202e"}'],
    ["BAD_NAME", JSON.stringify({ type: "rename", name: "a".repeat(chatLimits.nameLength + 1) })],
    ["UNKNOWN_ROOM", '{"type":"join","room":"secret"}'],
    ["BAD_FIELD", '{"type":"join","room":"help","epoch":"e","after":-1}'],
    ["BAD_FIELD", '{"type":"join","room":"help","epoch":"e","after":1.5}'],
    ["BAD_FIELD", '{"type":"join","room":"help","after":1}'],
    ["BAD_FIELD", '{"type":"send","room":"help","text":"no id"}'],
    ["EMPTY_TEXT", '{"type":"send","room":"help","id":"a","text":" \\n"}'],
    [
      "TEXT_TOO_LONG",
      JSON.stringify({
        type: "send",
        room: "help",
        id: "a",
        text: "a".repeat(chatLimits.textLength + 1),
      }),
    ],
    ["BAD_FIELD", '{"type":"typing","isTyping":1}'],
  ])("is refused with %s: %s", (code, text) => {
    expect(parseClientMessage(text).refused?.code).toBe(code);
  });

  test("that is refused names the text message that it is about", () => {
    const { refused } = parse({ type: "send", room: "help", id: "a1", text: "" });
    expect(refused).toEqual({ code: "EMPTY_TEXT", field: "text", id: "a1" });
  });

  test("loses what cannot be seen and what turns lines around", () => {
    expect(parse({ type: "rename", name: " A\u202eda\u0000  L. " }).message).toEqual({
      type: "rename",
      name: "Ada L.",
    });
    const { message } = parse({
      type: "send",
      room: "help",
      id: "a",
      text: "a\r\nb\u202e\u0007\tc ",
    });
    expect(message).toMatchObject({ text: "a\nb\tc" });
  });

  test("never throws, whatever it is, and is refused with a code of the table", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        const { refused } = parseClientMessage(text);
        if (refused !== undefined) expect(chatErrors).toHaveProperty(refused.code);
      }),
    );
  });
});
