import type { IncomingMessage } from "node:http";

/** An Express middleware; on upgrades its response is one that collects headers. */
export type Middleware = {
  // A method, so that middlewares typed for Express's own request and response are taken.
  middleware(request: IncomingMessage, response: never, next: (error?: unknown) => void): void;
}["middleware"];

/** Runs middlewares one after another; calls back with the first error, or without one. */
export function runMiddlewares(
  middlewares: readonly Middleware[],
  request: IncomingMessage,
  response: object,
  done: (error?: unknown) => void,
): void {
  const step = (index: number): void => {
    const middleware = middlewares[index];
    if (middleware === undefined) {
      done();
      return;
    }
    let isCalled = false;
    const next = (error?: unknown): void => {
      if (isCalled) return; // a second call would run the rest twice
      isCalled = true;
      if (error) done(error);
      else step(index + 1);
    };
    try {
      middleware(request, response as never, next);
    } catch (error) {
      next(error ?? new Error("a middleware threw nothing"));
    }
  };
  step(0);
}
