import { target } from "./target.ts";

/** Where an implementation deliberately does something else than a requirement says. */
export interface Deviation {
  readonly target: "openline" | "ws";
  /** Requirements whose name begins so; their tests do not run for the target. */
  readonly requirement: string;
  readonly reason: string;
}

/** Every known deviation. docs/conformance.md is made of them. */
export const deviations: readonly Deviation[] = [
  {
    target: "ws",
    requirement: "RFC 6455 §8.1 (fail fast)",
    reason: "checks text only when its message is complete",
  },
];

/** The deviation that covers a requirement, if the implementation under test has one. */
export function deviationOf(requirement: string): Deviation | undefined {
  return deviations.find(
    (deviation) =>
      deviation.target === target.name && requirement.startsWith(deviation.requirement),
  );
}
