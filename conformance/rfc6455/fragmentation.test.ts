import { closePayload, opcodes } from "../frame.ts";
import {
  binary,
  type ExpectedFrame,
  pong,
  provesScenarios,
  type Scenario,
  text,
} from "../scenario.ts";

const start = (payload: string | Uint8Array, opcode: number = opcodes.text) => ({
  opcode,
  payload,
  fin: false,
});
const middle = (payload: string | Uint8Array) => start(payload, opcodes.continuation);
const last = (payload: string | Uint8Array) => ({ opcode: opcodes.continuation, payload });
const ping = (payload: string) => ({ opcode: opcodes.ping, payload });

/** Parts of a frame, and what the scenario of them must lead to. */
interface Row {
  readonly name: string;
  readonly parts: readonly {
    readonly opcode: number;
    readonly payload?: string | Uint8Array;
    readonly fin?: boolean;
  }[];
  readonly answers?: readonly ExpectedFrame[];
  readonly failsWith?: number;
}

const legal: Row[] = [
  {
    name: "RFC 6455 §5.4: text in two fragments is one message",
    parts: [start("frag"), last("ment")],
    answers: [text("fragment")],
  },
  {
    name: "RFC 6455 §5.4: binary data in two fragments is one message",
    parts: [start(Buffer.from([0xff, 0]), opcodes.binary), last(Buffer.from([1, 0xfe]))],
    answers: [binary(Buffer.from([0xff, 0, 1, 0xfe]))],
  },
  {
    name: "RFC 6455 §5.4: a message of 26 fragments is put together in order",
    parts: [
      start("a"),
      ..."bcdefghijklmnopqrstuvwxy".split("").map((letter) => middle(letter)),
      last("z"),
    ],
    answers: [text("abcdefghijklmnopqrstuvwxyz")],
  },
  {
    name: "RFC 6455 §5.4: fragments may be empty, all of them",
    parts: [start(""), middle(""), last("")],
    answers: [text("")],
  },
  {
    name: "RFC 6455 §5.4: the first fragment may be empty",
    parts: [start(""), middle("middle"), last("")],
    answers: [text("middle")],
  },
  {
    name: "RFC 6455 §5.4: a message of one unfinished and one empty fragment is whole",
    parts: [start("whole", opcodes.binary), last("")],
    answers: [binary(Buffer.from("whole"))],
  },
  {
    name: "RFC 6455 §5.4: a control frame between fragments is answered before the message ends",
    parts: [start("frag"), ping("now"), last("ment")],
    answers: [pong("now"), text("fragment")],
  },
  {
    name: "RFC 6455 §5.4: control frames between all fragments are answered, and the message is whole",
    parts: [start("a"), ping("1"), middle("b"), ping("2"), ping("3"), middle("c"), last("d")],
    answers: [pong("1"), pong("2"), pong("3"), text("abcd")],
  },
  {
    name: "RFC 6455 §5.4: a Pong between fragments does no harm",
    parts: [start("frag"), { opcode: opcodes.pong, payload: "?" }, last("ment")],
    answers: [text("fragment")],
  },
  {
    name: "RFC 6455 §5.4: whole and fragmented messages follow each other",
    parts: [start("a"), last("b"), { opcode: opcodes.text, payload: "c" }, start("d"), last("e")],
    answers: [text("ab"), text("c"), text("de")],
  },
];

const illegal: Row[] = [
  {
    name: "RFC 6455 §5.4: a last continuation without a start is refused with 1002",
    parts: [last("lost"), { opcode: opcodes.text, payload: "Hello" }],
    failsWith: 1002,
  },
  {
    name: "RFC 6455 §5.4: an unfinished continuation without a start is refused with 1002",
    parts: [middle("lost"), { opcode: opcodes.text, payload: "Hello" }],
    failsWith: 1002,
  },
  {
    name: "RFC 6455 §5.4: an empty continuation without a start is refused with 1002",
    parts: [last("")],
    failsWith: 1002,
  },
  {
    name: "RFC 6455 §5.4: a continuation behind a whole message is refused with 1002",
    parts: [{ opcode: opcodes.text, payload: "whole" }, last("lost")],
    answers: [text("whole")],
    failsWith: 1002,
  },
  {
    name: "RFC 6455 §5.4: a continuation behind a finished fragmented message is refused with 1002",
    parts: [start("frag"), last("ment"), middle("lost")],
    answers: [text("fragment")],
    failsWith: 1002,
  },
  {
    name: "RFC 6455 §5.4: a whole text message within a fragmented one is refused with 1002",
    parts: [start("frag"), { opcode: opcodes.text, payload: "new" }, last("ment")],
    failsWith: 1002,
  },
  {
    name: "RFC 6455 §5.4: a whole binary message within a fragmented one is refused with 1002",
    parts: [start("frag"), { opcode: opcodes.binary, payload: "new" }],
    failsWith: 1002,
  },
  {
    name: "RFC 6455 §5.4: a fragmented message within a fragmented one is refused with 1002",
    parts: [start("frag"), middle("ment"), start("new"), last("")],
    failsWith: 1002,
  },
  {
    name: "RFC 6455 §5.4: a new message behind an empty first fragment is refused with 1002",
    parts: [start(""), { opcode: opcodes.text, payload: "new" }],
    failsWith: 1002,
  },
  {
    name: "RFC 6455 §5.5: a fragmented Ping is refused with 1002",
    parts: [start("frag", opcodes.ping), last("ment")],
    failsWith: 1002,
  },
  {
    name: "RFC 6455 §5.5: a fragmented Pong is refused with 1002",
    parts: [start("frag", opcodes.pong), last("ment")],
    failsWith: 1002,
  },
  {
    name: "RFC 6455 §5.5: a fragmented Close frame is refused with 1002",
    parts: [start(closePayload(1000), opcodes.close), last("")],
    failsWith: 1002,
  },
  {
    name: "RFC 6455 §5.5: an empty unfinished Ping is refused with 1002",
    parts: [start("", opcodes.ping)],
    failsWith: 1002,
  },
  {
    name: "RFC 6455 §5.5: a fragmented Ping within a fragmented message is refused with 1002",
    parts: [start("frag"), start("ping", opcodes.ping), last("ment")],
    failsWith: 1002,
  },
];

provesScenarios(
  [...legal, ...illegal].map(
    ({ name, parts, ...outcome }): Scenario => ({
      requirement: name,
      sends: (frame) => parts.map((part) => frame(part)),
      cuts: "every",
      ...outcome,
    }),
  ),
);
