import { opcodes } from "../frame.ts";
import { pong, provesScenarios, type Scenario, text } from "../scenario.ts";

const reserved = [3, 4, 5, 6, 7, 11, 12, 13, 14, 15];

const refusals = reserved.flatMap((opcode): Scenario[] => {
  const kind = opcode < 8 ? "data" : "control";
  return [
    {
      requirement: `RFC 6455 §5.2: the reserved ${kind} opcode ${opcode} without payload is refused with 1002`,
      sends: (frame) => [frame({ opcode })],
      failsWith: 1002,
      cuts: "every",
    },
    {
      requirement: `RFC 6455 §5.2: the reserved ${kind} opcode ${opcode} with payload is refused with 1002`,
      sends: (frame) => [frame({ opcode, payload: "payload" })],
      failsWith: 1002,
      cuts: "every",
    },
    {
      requirement: `RFC 6455 §5.2: the reserved ${kind} opcode ${opcode} between messages is refused, and what follows ignored`,
      sends: (frame) => [
        frame(text("before")),
        frame({ opcode, payload: "payload" }),
        frame({ opcode: opcodes.ping }),
        frame(text("behind")),
      ],
      answers: [text("before")],
      failsWith: 1002,
      cuts: "every",
    },
    {
      requirement: `RFC 6455 §5.2: the reserved ${kind} opcode ${opcode} between fragments is refused with 1002`,
      sends: (frame) => [
        frame({ opcode: opcodes.text, payload: "frag", fin: false }),
        frame({ opcode: opcodes.ping, payload: "ok" }),
        frame({ opcode }),
        frame({ opcode: opcodes.continuation, payload: "ment" }),
      ],
      answers: [pong("ok")],
      failsWith: 1002,
      cuts: "every",
    },
  ];
});

provesScenarios(refusals);
