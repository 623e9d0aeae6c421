import { Corpus } from "./corpus.ts";
import type { Coverage } from "./coverage.ts";
import { minimize } from "./minimize.ts";
import { mutate } from "./mutate.ts";
import { Random } from "./random.ts";
import type { Target } from "./target.ts";
import { ruleOf } from "./violation.ts";

/** An input for which something did not hold. */
export interface Finding {
  readonly target: string;
  readonly error: unknown;
  readonly input: Uint8Array;
}

/** How far a run is. */
export interface FuzzStatus {
  readonly executions: number;
  readonly corpusSize: number;
  /** The share of the target's sources that has run, 0 to 1; NaN without coverage. */
  readonly coverage: number;
}

export interface FuzzOptions {
  readonly seed: number;
  /** Without it, what a target says has happened is all that guides. */
  readonly coverage: Coverage | null;
  /** Asked between batches. */
  readonly isOver: (status: FuzzStatus) => boolean;
  /** Inputs of earlier runs. */
  readonly corpus?: readonly Uint8Array[];
  /** A batch is how many inputs go between two looks at the coverage; a power of two. */
  readonly batchSize?: number;
  readonly onBatch?: (status: FuzzStatus) => void;
}

export interface FuzzResult extends FuzzStatus {
  readonly corpus: readonly Uint8Array[];
  /** The first one, made small; null when all is well. */
  readonly finding: Finding | null;
}

const generatedShare = 0.15;
const firstGenerated = 64;
const defaultBatchSize = 256;

/** Feeds one target until it is over or something does not hold. */
export async function fuzz(target: Target, options: FuzzOptions): Promise<FuzzResult> {
  const run = new FuzzRun(target, options);
  return run.go();
}

/** Tries one input: null when all holds, else what was thrown. */
export async function tryInput(target: Target, input: Uint8Array): Promise<unknown> {
  try {
    await target.run(input);
    return null;
  } catch (error) {
    return error ?? new Error("something was thrown that is nothing");
  }
}

class FuzzRun {
  private readonly target: Target;
  private readonly options: FuzzOptions;
  private readonly random: Random;
  private readonly corpus = new Corpus();
  private readonly outcomes = new Set<string>();
  private executions = 0;
  private failed: { input: Uint8Array; error: unknown } | null = null;

  constructor(target: Target, options: FuzzOptions) {
    this.target = target;
    this.options = options;
    this.random = new Random(options.seed);
  }

  async go(): Promise<FuzzResult> {
    // What ran when the sources were loaded counts as reached.
    this.options.coverage?.sample(this.target.sources);
    await this.tryBatch(this.firstInputs());
    // Examples stay even where they reach nothing new: they are what mutations begin with.
    for (const input of this.target.examples) this.corpus.add(input);
    while (this.failed === null && !this.options.isOver(this.status)) {
      const size = this.options.batchSize ?? defaultBatchSize;
      await this.tryBatch(Array.from({ length: size }, () => this.nextInput()));
      this.options.onBatch?.(this.status);
    }
    return { ...this.status, corpus: this.corpus.inputs, finding: await this.finding() };
  }

  private get status(): FuzzStatus {
    const { coverage } = this.options;
    return {
      executions: this.executions,
      corpusSize: this.corpus.size,
      coverage: coverage === null ? Number.NaN : coverage.shareOf(this.target.sources),
    };
  }

  private firstInputs(): Uint8Array[] {
    const { target, options, random } = this;
    const generated = Array.from({ length: firstGenerated }, () =>
      this.fit(target.generate(random)),
    );
    return [...target.examples, ...(options.corpus ?? []), ...generated];
  }

  private nextInput(): Uint8Array {
    const { target, random, corpus } = this;
    if (corpus.size === 0 || random.chance(generatedShare))
      return this.fit(target.generate(random));
    const { dictionary, maxBytes } = target;
    return mutate(corpus.pick(random), random, {
      dictionary,
      maxBytes,
      other: corpus.pick(random),
    });
  }

  private fit(input: Uint8Array): Uint8Array {
    return input.length > this.target.maxBytes ? input.slice(0, this.target.maxBytes) : input;
  }

  /** Tries all, then asks the coverage, and searches for the inputs that brought something new. */
  private async tryBatch(inputs: readonly Uint8Array[]): Promise<void> {
    for (const input of inputs) {
      const outcome = await this.tryOne(input);
      if (outcome === null) return;
      if (this.outcomes.has(outcome)) continue;
      this.outcomes.add(outcome);
      this.corpus.add(input);
    }
    const { coverage } = this.options;
    if (coverage?.sample(this.target.sources) !== true) return;
    // What is new has been added to what is known, so it cannot be asked for again: the inputs
    // run once more against a coverage that has not seen them, half by half.
    coverage.forgetLast();
    await this.search(inputs, coverage);
  }

  /** Halves the inputs until those are left that reach something new. */
  private async search(inputs: readonly Uint8Array[], coverage: Coverage): Promise<void> {
    coverage.skip();
    for (const input of inputs) if ((await this.tryOne(input)) === null) return;
    if (!coverage.sample(this.target.sources)) return;
    if (inputs.length === 1) {
      this.corpus.add(inputs[0]!);
      return;
    }
    coverage.forgetLast();
    const middle = inputs.length >> 1;
    await this.search(inputs.slice(0, middle), coverage);
    if (this.failed === null) await this.search(inputs.slice(middle), coverage);
  }

  private async tryOne(input: Uint8Array): Promise<string | null> {
    this.executions += 1;
    try {
      const outcome = this.target.run(input);
      // Most targets answer at once, and waiting would cost them more than their work.
      return typeof outcome === "string" ? outcome : await outcome;
    } catch (error) {
      this.failed = { input, error };
      return null;
    }
  }

  private async finding(): Promise<Finding | null> {
    const { target, failed } = this;
    if (failed === null) return null;
    const rule = ruleOf(failed.error);
    const small = await minimize(failed.input, async (input) => {
      const error = await tryInput(target, input);
      return error !== null && ruleOf(error) === rule;
    });
    const error = (await tryInput(target, small)) ?? failed.error;
    return { target: target.name, error, input: small };
  }
}
