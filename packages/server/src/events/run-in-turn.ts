/** Calls the next one; with an error, nobody is called any more. */
type Next = (error?: Error) => void;

/** What becomes of running middlewares: one of the two is called, unless a middleware never calls back. */
export interface TurnsOutcome {
  /** All have called back without an error, or one with it. */
  done(error: Error | undefined): void;
  /** One has thrown, or its promise was rejected. Nobody is called any more unless `next` is. */
  failed(error: unknown, next: Next): void;
}

/** Calls middlewares one after another, each once the one before has called back. */
export function runInTurn<Middleware>(
  middlewares: readonly Middleware[],
  call: (middleware: Middleware, next: Next) => unknown,
  { done, failed }: TurnsOutcome,
): void {
  // As they are now: one of them may add others.
  const all = [...middlewares];
  const step = (index: number): void => {
    const middleware = all[index];
    if (middleware === undefined) {
      done(undefined);
      return;
    }
    let isCalled = false;
    const next: Next = (error) => {
      if (isCalled) return;
      isCalled = true;
      if (error) done(error);
      else step(index + 1);
    };
    try {
      const result = call(middleware, next);
      if (result instanceof Promise) result.catch((error: unknown) => failed(error, next));
    } catch (error) {
      failed(error, next);
    }
  };
  step(0);
}
