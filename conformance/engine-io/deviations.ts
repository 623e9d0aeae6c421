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
];
