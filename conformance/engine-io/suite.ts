import { describe, it, type TestContext } from "vitest";

/** Where a server under test is. */
export interface Address {
  /** `http://host:port` */
  readonly url: string;
  /** The address of its path, with this query. */
  at(query: string): string;
}

/** A server that runs. */
export interface Started {
  readonly url: string;
  readonly path: string;
  stop(): Promise<void>;
}

/** Where an implementation does something else than a requirement says, knowingly. */
export interface WireDeviation {
  readonly implementation: string;
  /** Requirements whose names begin so. Their tests must fail for the implementation. */
  readonly requirement: string;
  readonly reason: string;
  /** Set where the tests would only wait for what never comes: they do not run. */
  readonly isNotRun?: true;
}

export interface SuiteSetup<Options> {
  readonly implementations: readonly string[];
  readonly deviations: readonly WireDeviation[];
  /** Set where tests mostly wait for timers: then they do so beside each other. */
  readonly isConcurrent?: true;
  /** Under which a server that is given by `CONFORMANCE_URL` takes requests. */
  readonly path: string;
  start(implementation: string, options: Options): Promise<Started>;
}

/** The address of a server that was started elsewhere, and is all that is tested. */
export const givenUrl: string | undefined = process.env.CONFORMANCE_URL;

export type Requirement<Options> = (
  /** `<document>, <section>: <requirement>`: the name of the test. */
  requirement: string,
  test: (address: Address, context: TestContext) => Promise<void>,
  /** Where the fixed options will not do. Then a given server is not asked. */
  options?: Options,
) => void;

/**
 * Makes the function that makes a test of a requirement: for each implementation, or for the
 * server that `CONFORMANCE_URL` names. Where one is known to deviate, its test must fail, so that the
 * list of deviations stays true.
 */
export function requirementsOf<Options extends object>(
  setup: SuiteSetup<Options>,
): Requirement<Options> {
  return (requirement, test, options) => {
    if (givenUrl !== undefined) {
      const url = givenUrl.replace(/\/$/, "");
      const ask = options === undefined ? it : it.skip;
      ask(requirement, (context) => test(addressOf(url, setup.path), context));
      return;
    }
    for (const implementation of setup.implementations) {
      const deviation = setup.deviations.find(
        (each) =>
          each.implementation === implementation && requirement.startsWith(each.requirement),
      );
      const run = async (context: TestContext): Promise<void> => {
        const started = await setup.start(implementation, options ?? ({} as Options));
        try {
          await test(addressOf(started.url, started.path), context);
        } finally {
          await started.stop();
        }
      };
      const group = setup.isConcurrent ? describe.concurrent : describe;
      group(implementation, () => {
        if (deviation === undefined) it(requirement, run);
        else if (deviation.isNotRun) it.skip(requirement, run);
        else it.fails(requirement, run);
      });
    }
  };
}

function addressOf(url: string, path: string): Address {
  return { url, at: (query) => `${url}${path}?${query}` };
}
