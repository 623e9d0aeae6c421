import type { Random } from "./random.ts";

/** The inputs that reached something new, in the order in which they were found. */
export class Corpus {
  readonly inputs: Uint8Array[] = [];
  private readonly known = new Set<string>();

  get size(): number {
    return this.inputs.length;
  }

  /** False when it is there already. */
  add(input: Uint8Array): boolean {
    const key = Buffer.from(input).toString("latin1");
    if (this.known.has(key)) return false;
    this.known.add(key);
    this.inputs.push(input.slice());
    return true;
  }

  /** One of the inputs; those found last are where something new is near. */
  pick(random: Random): Uint8Array {
    const first = random.below(this.size);
    const second = random.below(this.size);
    return this.inputs[random.chance(0.5) ? Math.max(first, second) : first]!;
  }
}
