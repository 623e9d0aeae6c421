import type { WireDeviation } from "../engine-io/suite.ts";

/** The rows that a server is known to fail. */
export const deviations: readonly WireDeviation[] = [
  {
    implementation: "socket.io",
    requirement: "H11 (CVE-2020-36048): a body of very many",
    reason: "Takes them all, each at the cost of a packet, and answers 200.",
  },
  {
    implementation: "socket.io",
    requirement: "H18 (slowloris): bodies",
    reason: "Waits for them as long as Node does: five minutes.",
    isNotRun: true,
  },
  {
    implementation: "socket.io",
    requirement: 'P5 (CVE-2026-69185): "0x1" attachments',
    reason: "Reads the count as JavaScript does, and waits for an attachment.",
    isNotRun: true,
  },
  {
    implementation: "socket.io",
    requirement: "P7: 100,000 nested arrays harm nobody, even when they are sent back",
    reason: "A handler that sends them back ends the process: RangeError in hasBinary.",
  },
  {
    implementation: "socket.io",
    requirement: "P7: 100,000 nested objects harm nobody, even when they are sent back",
    reason: "As with arrays.",
  },
  {
    implementation: "socket.io",
    requirement: "P9: a name of 500 KB is not sent back",
    reason: "Sends it back in its CONNECT_ERROR.",
    isNotRun: true,
  },
  {
    implementation: "socket.io",
    requirement: "P10: two CONNECTs to /",
    reason: "Makes two, of which the first is never told to leave.",
    isNotRun: true,
  },
];

export function deviationOf(name: string, row: string): WireDeviation | undefined {
  return deviations.find(
    ({ implementation, requirement }) => implementation === name && row.startsWith(requirement),
  );
}
