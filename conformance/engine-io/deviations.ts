import type { WireDeviation } from "./suite.ts";

/** Where the two servers do not do what the suite requires, knowingly. */
export const deviations: readonly WireDeviation[] = [
  {
    implementation: "engine.io",
    requirement: "OWASP session ids: an id holds at least 128 random bits",
    reason: "Has 15 bytes, some of which are a counter.",
  },
  {
    implementation: "engine.io",
    requirement: "engine.io, errors: a refused upgrade is told code",
    reason:
      "Answers each refused upgrade with 400 and the bare message as HTML, and refuses other " +
      "versions only behind its 101.",
  },
  {
    implementation: "engine.io",
    requirement: "engine.io, methods: one that is not known",
    reason: "Answers with 500.",
  },
  {
    implementation: "engine.io",
    requirement: "Engine.IO v4, Protocol, close: by websocket the client's close packet",
    reason: "Does not look at close packets by WebSocket: the session lasts until the next ping.",
    isNotRun: true,
  },
  {
    implementation: "engine.io",
    requirement: "Engine.IO v4, Protocol, close: by websocket what comes behind a close packet",
    reason: "Goes on: see above.",
    isNotRun: true,
  },
  {
    implementation: "engine.io",
    requirement: "Engine.IO v4, Upgrade: an upgrade packet without a probe",
    reason: "Changes over without one.",
    isNotRun: true,
  },
  {
    implementation: "engine.io",
    requirement: "CSWSH (GHSA-f53g-frr2-jhpf)",
    reason: "Lets pages of all origins in: CORS alone keeps them from reading what polling brings.",
  },
  {
    implementation: "engine.io",
    requirement:
      "Engine.IO v3, Payload: a broken body of bytes ends the session: another kind than 0 and 1",
    reason: "Takes it for whole, or for nothing, and goes on.",
    isNotRun: true,
  },
  {
    implementation: "engine.io",
    requirement:
      "Engine.IO v3, Payload: a broken body of bytes ends the session: a length beyond the body",
    reason: "Takes it for whole, or for nothing, and goes on.",
    isNotRun: true,
  },
  {
    implementation: "engine.io",
    requirement:
      "Engine.IO v3, Payload: a broken body of bytes ends the session: bytes of another type than 4",
    reason: "Takes it for whole, or for nothing, and goes on.",
    isNotRun: true,
  },
  {
    implementation: "engine.io",
    requirement: "Engine.IO v3, Packet, ping: the pong has the data",
    reason: "Answers without it.",
  },
];
