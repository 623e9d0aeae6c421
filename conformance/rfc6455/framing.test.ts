import { opcodes } from "../frame.ts";
import { binary, provesScenarios, type Scenario, text } from "../scenario.ts";

/** Lengths at which the form of the length field changes (RFC 6455 §5.2), and around them. */
const lengths = [0, 1, 125, 126, 127, 128, 65_535, 65_536];

const kinds = [
  { name: "text", make: (length: number) => text("*".repeat(length)) },
  { name: "binary", make: (length: number) => binary(Buffer.alloc(length, 0xfe)) },
] as const;

/** Whole, and cut into pieces of TCP: single bytes where that is soon done, else 997. */
function cutsFor(length: number): NonNullable<Scenario["cuts"]> {
  return length <= 128 ? "every" : [[length + 14], [997], [1, 1, 1, 1, 1, 1, 1, 1, 997]];
}

const lengthScenarios = kinds.flatMap(({ name, make }) =>
  lengths.map((length): Scenario => {
    const message = make(length);
    return {
      requirement: `RFC 6455 §5.2: a ${name} frame of ${length} bytes comes back unchanged`,
      sends: (frame) => [frame(message)],
      answers: [message],
      cuts: cutsFor(length),
    };
  }),
);

const severalScenarios: Scenario[] = [
  {
    requirement: "RFC 6455 §5.4: frames of several messages in one packet keep their order",
    sends: (frame) => [frame(text("one")), frame(binary(Buffer.from([2]))), frame(text("three"))],
    answers: [text("one"), binary(Buffer.from([2])), text("three")],
    cuts: "every",
  },
  {
    requirement: "RFC 6455 §5.2: text is sent as text and binary data as binary data",
    sends: (frame) => [
      frame({ opcode: opcodes.text, payload: "\u00e9" }),
      frame({ opcode: opcodes.binary, payload: "\u00e9" }),
    ],
    answers: [text("\u00e9"), binary(Buffer.from("\u00e9"))],
    cuts: "every",
  },
];

/** A receiver need not refuse a length in a longer form than needed; ours reads it. */
const longFormScenarios = ([2, 8] as const).map(
  (lengthBytes): Scenario => ({
    requirement: `RFC 6455 §5.2: a length of 5 written in ${lengthBytes} bytes is read as 5`,
    sends: (frame) => [frame({ ...text("Hello"), lengthBytes })],
    answers: [text("Hello")],
    cuts: "every",
  }),
);

const hugeScenarios: Scenario[] = [
  {
    requirement: "RFC 6455 §5.2: a length with its most significant bit set is refused with 1009",
    sends: (frame) => [
      frame({ opcode: opcodes.binary, lengthBytes: 8, announcedLength: 1n << 63n }),
    ],
    failsWith: 1009,
    cuts: "every",
  },
  {
    requirement: "RFC 6455 §5.2: a length past 2⁵³ - 1 is refused with 1009",
    sends: (frame) => [
      frame({ opcode: opcodes.binary, lengthBytes: 8, announcedLength: 1n << 53n }),
    ],
    failsWith: 1009,
    cuts: "every",
  },
];

provesScenarios([...lengthScenarios, ...severalScenarios, ...longFormScenarios, ...hugeScenarios]);
