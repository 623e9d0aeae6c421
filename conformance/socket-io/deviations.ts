import type { WireDeviation } from "../engine-io/suite.ts";

/** One by either transport. */
function byBoth(start: string, end: string, reason: string): WireDeviation[] {
  return ["polling", "websocket"].map((transport) => ({
    implementation: "socket.io",
    requirement: `${start}: by ${transport} ${end}`,
    reason,
  }));
}

/** For tests that would only wait. */
const isNotRun = (deviation: WireDeviation): WireDeviation => ({ ...deviation, isNotRun: true });

/** Where the two servers do not do what the suite requires, knowingly. */
export const deviations: readonly WireDeviation[] = [
  {
    implementation: "socket.io",
    requirement: "Socket.IO v5, Disconnection from a namespace: who has left may come again in the",
    reason:
      "Hears a DISCONNECT a tick later than a CONNECT: one right behind it is taken for a second " +
      "one, and the connection is closed.",
  },
  ...byBoth(
    "Socket.IO v5, Sending and receiving data",
    "the connection is closed at an event without a payload",
    "Ignores it.",
  ).map(isNotRun),
  ...byBoth(
    "Socket.IO v5, Packet encoding",
    "the connection is closed at a placeholder named by half a number",
    "Delivers nothing in its place.",
  ).map(isNotRun),
  ...byBoth(
    "Socket.IO v5, Sending and receiving data",
    "the key __proto__ goes both ways beside attachments",
    "Leaves it out when it takes the attachments out.",
  ),
  {
    implementation: "socket.io",
    requirement: "Socket.IO v5, Packet encoding: an id beyond the safe integers",
    reason: "Acknowledges with another id, the nearest that a double holds.",
    isNotRun: true,
  },
];
