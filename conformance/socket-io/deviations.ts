import type { WireDeviation } from "../engine-io/suite.ts";

/** Where the two servers do not do what the suite requires, knowingly. */
export const deviations: readonly WireDeviation[] = [];
