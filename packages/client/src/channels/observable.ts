import { reportLater } from "./report.ts";

/** A value that changes. `get` gives the same object until it does. */
export interface Observable<Value> {
  get(): Value;
  /** Calls `listener` after each change; what is returned ends that. */
  subscribe(listener: (value: Value) => void): () => void;
}

/** An observable for who changes it. */
export class Observed<Value> implements Observable<Value> {
  #value: Value;
  readonly #listeners = new Set<(value: Value) => void>();

  constructor(value: Value) {
    this.#value = value;
  }

  get(): Value {
    return this.#value;
  }

  set(value: Value): void {
    this.#value = value;
    for (const listener of [...this.#listeners]) {
      try {
        listener(value);
      } catch (error) {
        reportLater(error);
      }
    }
  }

  subscribe(listener: (value: Value) => void): () => void {
    // One that is given twice is two.
    const own = (value: Value): void => listener(value);
    this.#listeners.add(own);
    return () => void this.#listeners.delete(own);
  }
}
