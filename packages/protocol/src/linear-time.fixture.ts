/** Times are taken over enough repetitions to stand above the clock and the noise. */
const REPETITIONS = 200;
/** On a quiet machine the first few rounds tell; on a busy one some round among many is quiet. */
const ENOUGH_ROUNDS = 7;
const MAX_ROUNDS = 60;
/** A ratio that nothing but linear work has. */
const CLEARLY_LINEAR = 6;

/**
 * How much longer `work` takes on an input four times the size: about 4 when it is
 * linear, 16 when it is quadratic. The best of several rounds, and of more where these
 * do not tell, so that a busy machine does not decide.
 */
export function growth(makeInput: (size: number) => string, work: (input: string) => void): number {
  const small = makeInput(2000);
  const large = makeInput(8000);
  let smallMs = Number.POSITIVE_INFINITY;
  let largeMs = Number.POSITIVE_INFINITY;
  for (let round = 1; round <= MAX_ROUNDS; round += 1) {
    smallMs = Math.min(smallMs, elapsedMs(small, work));
    largeMs = Math.min(largeMs, elapsedMs(large, work));
    if (round >= ENOUGH_ROUNDS && largeMs / smallMs < CLEARLY_LINEAR) break;
  }
  return largeMs / smallMs;
}

function elapsedMs(input: string, work: (input: string) => void): number {
  const start = performance.now();
  for (let repetition = 0; repetition < REPETITIONS; repetition += 1) work(input);
  return performance.now() - start;
}

/** Past linear with room for noise, and far from quadratic. */
export const LINEAR_GROWTH = 9;
