import type { MessagePart } from "openline/testing";
import type { Scheduler } from "../world/scheduler.ts";

interface Flying {
  readonly part: MessagePart;
  readonly dueMs: number;
}

/** One direction of a connection: what is put in comes out later, in its order, or not at all. */
export class Pipe {
  /** It takes nothing more. */
  isCut = false;
  private readonly scheduler: Scheduler;
  private readonly latencyMs: number;
  private readonly arrive: (part: MessagePart) => void;
  private flying: Flying[] = [];
  private lastDueMs = 0;

  constructor(scheduler: Scheduler, latencyMs: number, arrive: (part: MessagePart) => void) {
    this.scheduler = scheduler;
    this.latencyMs = latencyMs;
    this.arrive = arrive;
  }

  push(part: MessagePart): void {
    if (this.isCut) return;
    const { scheduler } = this;
    const soonMs = scheduler.nowMs + scheduler.random.below(this.latencyMs + 1);
    const dueMs = Math.max(this.lastDueMs, soonMs);
    const isAlone = this.flying.at(-1)?.dueMs !== dueMs;
    this.lastDueMs = dueMs;
    this.flying.push({ part, dueMs });
    if (isAlone) scheduler.after(dueMs - scheduler.nowMs, () => this.deliver());
  }

  /** When the last that was put in will have come out, in milliseconds from now. */
  get emptyInMs(): number {
    return this.flying.length === 0 ? 0 : this.lastDueMs - this.scheduler.nowMs;
  }

  /** Takes nothing more; of what is on its way, a part that the seed decides still arrives. */
  cut(): void {
    if (this.isCut) return;
    this.isCut = true;
    const kept = this.scheduler.random.between(0, this.flying.length);
    this.flying = this.flying.slice(0, kept);
  }

  private deliver(): void {
    const { nowMs } = this.scheduler;
    while ((this.flying[0]?.dueMs ?? Number.POSITIVE_INFINITY) <= nowMs) {
      const { part } = this.flying.shift() as Flying; // it is there
      this.arrive(part);
    }
  }
}
