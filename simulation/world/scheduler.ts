import { Random } from "../../fuzz/engine/random.ts";
import { Trace } from "./trace.ts";

/** Something that will happen. */
interface Planned {
  readonly dueMs: number;
  /** Decides among what is due in the same millisecond. */
  readonly tie: number;
  readonly order: number;
  readonly run: () => void;
  isCancelled: boolean;
}

/** Takes back what was planned; nothing happens if it has happened. */
export type Cancel = () => void;

/** The tie of what keeps its order among its own kind. */
const MIDDLE = 0x8000_0000;
/** The event loop's own, before anybody takes its place. */
const { setImmediate: turn } = globalThis;

/**
 * Decides what happens next, and when: the one source of order and of chance in a simulated world.
 *
 * Whatever is due at the same time comes in an order that the seed decides. Nothing happens between
 * two steps but what promises carry on by themselves.
 */
export class Scheduler {
  readonly random: Random;
  readonly trace: Trace;
  /** Virtual milliseconds. */
  nowMs: number;
  readonly startMs: number;
  /** What has happened, in number. */
  steps = 0;
  private order = 0;
  private readonly heap: Planned[] = [];

  constructor(seed: number, startMs: number) {
    this.random = new Random(seed);
    this.trace = new Trace();
    this.startMs = startMs;
    this.nowMs = startMs;
  }

  /** Since the world began. */
  get elapsedMs(): number {
    return this.nowMs - this.startMs;
  }

  /** Plans something; among others of the same time, the seed decides. */
  after(delayMs: number, run: () => void): Cancel {
    return this.plan(delayMs, this.random.uint32(), run);
  }

  /** The same for what keeps its order among its own kind, as timers do. */
  afterInOrder(delayMs: number, run: () => void): Cancel {
    return this.plan(delayMs, MIDDLE, run);
  }

  /** Writes down that something has happened. */
  note(text: string): void {
    this.trace.add(`${this.elapsedMs} ${text}`);
  }

  /** Lets the next thing happen, and all that follows from it at once; false if nothing is planned. */
  async step(): Promise<boolean> {
    const next = this.pop();
    if (next === null) return false;
    this.nowMs = next.dueMs;
    this.steps += 1;
    next.run();
    await settled();
    return true;
  }

  private plan(delayMs: number, tie: number, run: () => void): Cancel {
    const dueMs = this.nowMs + Math.max(0, Math.floor(delayMs));
    const planned: Planned = { dueMs, tie, order: this.order, run, isCancelled: false };
    this.order += 1;
    this.push(planned);
    return () => {
      planned.isCancelled = true;
    };
  }

  private push(planned: Planned): void {
    const { heap } = this;
    let index = heap.length;
    heap.push(planned);
    while (index > 0) {
      const parent = (index - 1) >>> 1;
      const above = heap[parent] as Planned; // in bounds
      if (!isBefore(planned, above)) break;
      heap[index] = above;
      index = parent;
    }
    heap[index] = planned;
  }

  private pop(): Planned | null {
    for (;;) {
      const first = this.removeFirst();
      if (first === null || !first.isCancelled) return first;
    }
  }

  private removeFirst(): Planned | null {
    const { heap } = this;
    const first = heap[0];
    const last = heap.pop();
    if (first === undefined || last === undefined) return null;
    if (heap.length === 0) return first;
    let index = 0;
    for (;;) {
      let child = index * 2 + 1;
      const left = heap[child];
      if (left === undefined) break;
      const right = heap[child + 1];
      let least = left;
      if (right !== undefined && isBefore(right, left)) {
        least = right;
        child += 1;
      }
      if (!isBefore(least, last)) break;
      heap[index] = least;
      index = child;
    }
    heap[index] = last;
    return first;
  }
}

/** Resolves when no promise is on its way any more. */
export function settled(): Promise<void> {
  return new Promise((resolve) => {
    turn(resolve);
  });
}

function isBefore(a: Planned, b: Planned): boolean {
  if (a.dueMs !== b.dueMs) return a.dueMs < b.dueMs;
  return a.tie === b.tie ? a.order < b.order : a.tie < b.tie;
}
