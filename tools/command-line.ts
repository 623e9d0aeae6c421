/** What the command lines of several tools accept, read in one way. */

const MAX_SEED = 0xffff_ffff;

/** One that nobody has chosen. */
export function newSeed(): number {
  return Math.floor(Math.random() * (MAX_SEED + 1));
}

/** @throws RangeError naming where the text came from */
export function readSeed(text: string, name: string): number {
  return readWhole(text, name, 0, MAX_SEED);
}

/**
 * Reads a whole number from `low` to `high`, both included.
 *
 * @throws RangeError naming where the text came from
 */
export function readWhole(text: string, name: string, low: number, high: number): number {
  const number = Number(text);
  // An empty word is 0 to `Number`, and nobody means that.
  if (text.trim() !== "" && Number.isInteger(number) && number >= low && number <= high) {
    return number;
  }
  throw new RangeError(`${name} accepts a whole number from ${low} to ${high}, not "${text}"`);
}
