import { closePayload, opcodes, rsv } from "../frame.ts";
import { pong, provesScenarios, type Scenario, text } from "../scenario.ts";

const combinations = [1, 2, 3, 4, 5, 6, 7].map((number) => ({
  name: [1, 2, 3].filter((bit) => ((number << 4) & rsv[bit as 1 | 2 | 3]) !== 0).join("+"),
  reserved: number << 4,
}));

const frames = [
  { name: "a text frame", parts: { opcode: opcodes.text, payload: "Hello" } },
  { name: "a binary frame", parts: { opcode: opcodes.binary, payload: "Hello" } },
  { name: "an empty text frame", parts: { opcode: opcodes.text } },
  { name: "a Ping", parts: { opcode: opcodes.ping, payload: "Hello" } },
  { name: "a Pong", parts: { opcode: opcodes.pong } },
  { name: "a Close frame", parts: { opcode: opcodes.close, payload: closePayload(1000) } },
] as const;

const refusals = frames.flatMap(({ name, parts }) =>
  combinations.map(
    (bits): Scenario => ({
      requirement: `RFC 6455 §5.2: RSV${bits.name} on ${name} without an extension is refused with 1002`,
      sends: (frame) => [frame({ ...parts, reserved: bits.reserved })],
      failsWith: 1002,
      cuts: "every",
    }),
  ),
);

const continuations = combinations.map(
  (bits): Scenario => ({
    requirement: `RFC 6455 §5.2: RSV${bits.name} on a continuation without an extension is refused with 1002`,
    sends: (frame) => [
      frame({ opcode: opcodes.text, payload: "Hel", fin: false }),
      frame({ opcode: opcodes.continuation, payload: "lo", reserved: bits.reserved }),
    ],
    failsWith: 1002,
    cuts: "every",
  }),
);

provesScenarios([
  ...refusals,
  ...continuations,
  {
    requirement: "RFC 6455 §7.1.7: what came before a frame with reserved bits is still answered",
    sends: (frame) => [
      frame(text("before")),
      frame({ opcode: opcodes.text, payload: "bad", reserved: rsv[2] }),
      frame(text("behind")),
      frame({ opcode: opcodes.ping }),
    ],
    answers: [text("before")],
    failsWith: 1002,
    cuts: "every",
  },
  {
    requirement: "RFC 6455 §7.1.7: a Ping before a frame with reserved bits is still answered",
    sends: (frame) => [
      frame({ opcode: opcodes.ping, payload: "before" }),
      frame({ opcode: opcodes.binary, payload: "bad", reserved: rsv[3] }),
    ],
    answers: [pong("before")],
    failsWith: 1002,
    cuts: "every",
  },
]);
