import { target } from "./target.ts";

/** Where an implementation does something else than a requirement says, knowingly. */
export interface Deviation {
  readonly target: "openline" | "ws";
  /** Requirements whose names begin so. Their tests must fail for the target. */
  readonly requirement: string;
  readonly reason: string;
  /** Set where the tests would only wait for what never comes: they do not run. */
  readonly isNotRun?: true;
}

const cutDeflate =
  "As in `ws`: zlib takes the tail for the missing bytes, and does not tell. The message that " +
  "its sender has cut is delivered with wrong bytes at its end.";

/** Every known deviation. docs/conformance.md is made of them. */
export const deviations: readonly Deviation[] = [
  {
    target: "openline",
    requirement: "RFC 6455 §4.2.1: Upgrade may list other protocols",
    reason:
      "As in `ws`: a request that would also be content with another protocol comes from no " +
      "WebSocket client, and is refused with 400.",
  },
  {
    target: "openline",
    requirement: "RFC 6455 §4.1: an answer that names none of the subprotocols is accepted",
    reason:
      "As in browsers (WHATWG WebSockets) and in `ws`: who asks for a subprotocol needs one, " +
      "and a server that agrees to none is refused.",
  },
  {
    target: "openline",
    requirement: "RFC 9110 §5.6.1: empty elements of a list",
    reason:
      "As in `ws`: no client sends them, and a list with empty elements is refused with 400 as " +
      "malformed.",
  },
  {
    target: "openline",
    requirement: "RFC 7692 §7.2.2: a stored block that lacks bytes",
    reason: cutDeflate,
  },
  {
    target: "openline",
    requirement: "RFC 7692 §7.2.2: a block with fixed codes that lacks its end",
    reason: cutDeflate,
  },
  {
    target: "ws",
    requirement: "RFC 6455 §4.2.1: Upgrade may list other protocols",
    reason: "Compares the whole value.",
  },
  {
    target: "ws",
    requirement: "RFC 6455 §4.1: an answer that names none of the subprotocols is accepted",
    reason: "Refuses it, as browsers do.",
  },
  {
    target: "ws",
    requirement: "RFC 6455 §4.2.1: HTTP/1.0 is refused",
    reason: "Does not look at the version of HTTP.",
  },
  {
    target: "ws",
    requirement: "RFC 6455 §4.2.1: a request without Host is refused",
    reason: "Leaves Host to Node, which does not look at it in an upgrade.",
  },
  {
    target: "ws",
    requirement: "RFC 6455 §4.2.1: an invalid Host is refused",
    reason: "Does not look at Host.",
  },
  {
    target: "ws",
    requirement: 'RFC 6455 §4.4: the version "8" is refused',
    reason: "Accepts version 8, of a draft, too.",
  },
  {
    target: "ws",
    requirement: 'RFC 6455 §4.4: the version "013" is refused',
    reason: "Reads the version as a number.",
  },
  {
    target: "ws",
    requirement: "RFC 6455 §4.2.2: a plain HTTP request is answered with 426",
    reason: "Answers 426 without the Upgrade field that RFC 9110 §15.5.22 demands.",
  },
  {
    target: "ws",
    requirement: "RFC 6455 §8.1 (fail fast)",
    reason: "Checks text only when its message is complete, which the RFC leaves open.",
    isNotRun: true,
  },
  {
    target: "ws",
    requirement: "RFC 9110 §5.6.1: empty elements of a list",
    reason: "Refuses them with 400.",
  },
  {
    target: "ws",
    requirement: "RFC 7692 §7.2.2: a stored block that lacks bytes",
    reason: "Delivers it.",
  },
  {
    target: "ws",
    requirement: "RFC 7692 §7.2.2: a block with fixed codes that lacks its end",
    reason: "Delivers it.",
  },
  {
    target: "ws",
    requirement: "RFC 7692 §7.2.3.4: a message may refer to one that ended in a final block",
    reason: "Forgets the window at a final block.",
  },
  {
    target: "ws",
    requirement: "RFC 7692 §7.2.1: a message may go on behind a final block",
    reason: "Loses what is behind a final block.",
  },
  {
    target: "ws",
    requirement: "RFC 7692 §7.1: an offer with",
    reason: "Refuses the handshake with 400, or reads a number that is none by the grammar.",
  },
  {
    target: "ws",
    requirement: "RFC 7692 §5: an offer with",
    reason: "Refuses the handshake with 400.",
  },
  {
    target: "ws",
    requirement: "RFC 7692 §7.1.2.2: an unknown offer before a good one",
    reason: "Refuses the handshake with 400.",
  },
  {
    target: "ws",
    requirement: "RFC 7692 §7.1.2.2: a client that offers no client_max_window_bits",
    reason: "Refuses the handshake with 400.",
  },
  {
    target: "ws",
    requirement: "RFC 7692 §7.1.2.1: server_max_window_bits=09 in the answer",
    reason: "Reads 09 as 9.",
  },
  {
    target: "ws",
    requirement: "RFC 7692 §5: the extension twice",
    reason: "Looks at the first element of the answer only.",
  },
  {
    target: "ws",
    requirement: "RFC 7692 §5: the extension in two fields",
    reason: "Looks at the first element of the answer only.",
  },
  {
    target: "ws",
    requirement: "RFC 7692 §7.1.2.1: a larger server_max_window_bits",
    reason: "Does not compare the answer with its offer.",
  },
  {
    target: "ws",
    requirement: "RFC 7692 §7.1.2.1: no server_max_window_bits",
    reason: "Does not compare the answer with its offer.",
  },
  {
    target: "ws",
    requirement: "RFC 7692 §7.1.1.1: no server_no_context_takeover",
    reason: "Does not compare the answer with its offer.",
  },
];

/** The deviation that covers a requirement, if the implementation under test has one. */
export function deviationOf(requirement: string): Deviation | undefined {
  return deviations.find(
    (deviation) =>
      deviation.target === target.name && requirement.startsWith(deviation.requirement),
  );
}
