/** What a wheel needs of its surroundings. */
export interface TimerWheelOptions {
  /** How long a tick lasts, in whole milliseconds: the precision of the wheel. */
  readonly tickMs: number;
  /** Ticks in one turn. Longer delays cost a look each turn. */
  readonly slots: number;
  /** Milliseconds on a clock that never goes backwards. */
  readonly now: () => number;
  /** Calls back once after `delayMs`; must not keep the process alive. */
  readonly setTimer: (callback: () => void, delayMs: number) => unknown;
  readonly clearTimer: (timer: unknown) => void;
}

/** Something with a deadline; extend it and give it to `TimerWheel.schedule`. */
export abstract class WheelEntry {
  /** The wheel's: neighbours in the list, null when not scheduled. */
  next: WheelEntry | null = null;
  /** The wheel's. */
  prev: WheelEntry | null = null;
  /** When it is due, on the wheel's clock. Set by `schedule`. */
  dueMs = 0;

  /** Called once when due, no longer scheduled; may schedule itself again. */
  abstract expire(nowMs: number): void;
}

/** The fixed end of a circular list, so that taking an entry out needs no case distinction. */
class ListHead extends WheelEntry {
  constructor() {
    super();
    this.next = this;
    this.prev = this;
  }

  override expire(): void {}
}

/**
 * One timer for any number of deadlines (a hashed timing wheel, Varghese and Lauck 1987).
 *
 * Scheduling and cancelling cost O(1) and allocate nothing. Entries never expire early,
 * and late by no more than a tick and what the timer is late. While nothing is scheduled
 * there is no timer.
 */
export class TimerWheel {
  private readonly options: TimerWheelOptions;
  private readonly slots: readonly WheelEntry[];
  /** Taken from their slots, about to expire. */
  private readonly due: WheelEntry = new ListHead();
  private count = 0;
  /** The last tick whose slot was emptied. */
  private lastTick = 0;
  private clockMs: number;
  private timer: unknown = null;
  private readonly onTimer: () => void = () => this.turn();

  /** @throws RangeError if `tickMs` or `slots` is not a positive integer */
  constructor(options: TimerWheelOptions) {
    for (const name of ["tickMs", "slots"] as const) {
      if (!Number.isInteger(options[name]) || options[name] < 1) {
        throw new RangeError(`${name} must be a positive integer; it is ${options[name]}`);
      }
    }
    this.options = options;
    this.slots = Array.from({ length: options.slots }, () => new ListHead());
    this.clockMs = options.now();
  }

  /** The time as of the last tick or `schedule`: as coarse as a tick, but free. */
  get nowMs(): number {
    return this.clockMs;
  }

  /** Lets `entry` expire in `delayMs`; if it was scheduled already, in place of then. */
  schedule(entry: WheelEntry, delayMs: number): void {
    this.cancel(entry);
    const nowMs = this.options.now();
    this.clockMs = nowMs;
    if (this.timer === null && this.count === 0) this.lastTick = this.tickAt(nowMs);
    entry.dueMs = nowMs + Math.max(0, delayMs);
    const tick = Math.max(this.tickFor(entry.dueMs), this.lastTick + 1);
    this.insert(this.slots[tick % this.slots.length] as WheelEntry, entry); // in bounds
    if (this.timer === null) this.startTimer();
  }

  /** Takes `entry` out; nothing happens if it is not scheduled. */
  cancel(entry: WheelEntry): void {
    if (entry.next === null) return;
    this.remove(entry);
    if (this.count === 0 && this.timer !== null) {
      this.options.clearTimer(this.timer);
      this.timer = null;
    }
  }

  private turn(): void {
    this.timer = null;
    this.clockMs = this.options.now();
    this.collect(this.tickAt(this.clockMs));
    try {
      let entry = this.due.next as WheelEntry; // a list head's neighbours are never null
      while (entry !== this.due) {
        this.remove(entry);
        entry.expire(this.clockMs);
        entry = this.due.next as WheelEntry;
      }
    } finally {
      // After an entry that threw, the rest of the due ones are the next timer's.
      if (this.count > 0 && this.timer === null) this.startTimer();
    }
  }

  /** Moves what is due by `tick` out of the slots, so that expiring finds a list of its own. */
  private collect(tick: number): void {
    const { slots } = this;
    // After a long block of the event loop, once around sees every entry.
    const first = Math.max(this.lastTick + 1, tick - slots.length + 1);
    for (let passed = first; passed <= tick; passed++) {
      const slot = slots[passed % slots.length] as WheelEntry; // in bounds
      let entry = slot.next as WheelEntry;
      while (entry !== slot) {
        const following = entry.next as WheelEntry;
        if (this.tickFor(entry.dueMs) <= tick) {
          this.remove(entry);
          this.insert(this.due, entry);
        }
        entry = following;
      }
    }
    this.lastTick = Math.max(this.lastTick, tick);
  }

  private startTimer(): void {
    const isBehind = this.due.next !== this.due;
    const nextTickMs = (this.lastTick + 1) * this.options.tickMs;
    const delayMs = isBehind ? 0 : Math.max(1, Math.ceil(nextTickMs - this.options.now()));
    this.timer = this.options.setTimer(this.onTimer, delayMs);
  }

  /**
   * The last tick that `timeMs` has reached. Rounding cannot carry the quotient up to a
   * tick that is still to come, as `tickMs` is whole: its multiples are exact, and a
   * number next to one stays next to the quotient.
   */
  private tickAt(timeMs: number): number {
    return Math.floor(timeMs / this.options.tickMs);
  }

  /** The first tick that does not come before `timeMs`. */
  private tickFor(timeMs: number): number {
    return Math.ceil(timeMs / this.options.tickMs);
  }

  private insert(head: WheelEntry, entry: WheelEntry): void {
    const last = head.prev as WheelEntry;
    entry.prev = last;
    entry.next = head;
    last.next = entry;
    head.prev = entry;
    this.count += 1;
  }

  private remove(entry: WheelEntry): void {
    const { prev, next } = entry as { prev: WheelEntry; next: WheelEntry }; // it is in a list
    prev.next = next;
    next.prev = prev;
    entry.prev = null;
    entry.next = null;
    this.count -= 1;
  }
}
