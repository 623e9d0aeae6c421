/** Opens a barrier; `first` runs in its place, before what was held behind it. */
export type OpenBarrier = (first?: () => void) => void;

interface Barrier {
  isOpen: boolean;
  first: (() => void) | undefined;
}

/**
 * Holds what is sent to a client until something else is done: its session is stored, or an answer
 * was sent that must come first. What is held leaves in its order.
 */
export class Gate {
  /** Of what is held. */
  heldBytes = 0;
  private waiting: (Barrier | (() => void))[] | null = null;
  private isReleasing = false;

  /** Whether what is sent now leaves at once: nothing waits, or its turn has come. */
  get isOpen(): boolean {
    return this.waiting === null || this.isReleasing;
  }

  /** What comes from now on is held until it is opened. */
  close(): OpenBarrier {
    const barrier: Barrier = { isOpen: false, first: undefined };
    this.waiting ??= [];
    this.waiting.push(barrier);
    return (first) => {
      if (barrier.isOpen) return;
      barrier.isOpen = true;
      barrier.first = first;
      this.release();
    };
  }

  /** Sends in its turn. */
  hold(send: () => void, bytes: number): void {
    if (this.waiting === null || this.isReleasing) {
      send();
      return;
    }
    this.heldBytes += bytes;
    this.waiting.push(() => {
      this.heldBytes -= bytes;
      send();
    });
  }

  /** Sends all that is held: what it waits for is of no interest any more. */
  flush(): void {
    for (const each of this.waiting ?? []) if (typeof each !== "function") each.isOpen = true;
    this.release();
  }

  /** Forgets what is held: nobody is there to take it. */
  clear(): void {
    this.waiting = null;
    this.heldBytes = 0;
  }

  private release(): void {
    // What is sent may open another one.
    if (this.isReleasing) return;
    this.isReleasing = true;
    try {
      let index = 0;
      for (; this.waiting !== null && index < this.waiting.length; index += 1) {
        const next = this.waiting[index] as Barrier | (() => void); // in bounds
        if (typeof next === "function") next();
        else if (next.isOpen) next.first?.();
        else break;
      }
      if (this.waiting !== null) {
        this.waiting = index === this.waiting.length ? null : this.waiting.slice(index);
      }
    } finally {
      this.isReleasing = false;
    }
  }
}
