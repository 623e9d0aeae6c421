import type { Position } from "./positions.ts";
import { reportLater } from "./report.ts";
import type { Storage } from "./store.ts";

/** How long positions are gathered before they are stored. */
const DELAY_MS = 250;

/** Stores where channels are: not each message, but the last one of a while. */
export class PositionKeeper {
  readonly #after: (delayMs: number, callback: () => void) => () => void;
  readonly #storage: Promise<Storage | null>;
  #changed = new Map<string, Position | null>();
  #stopWaiting: (() => void) | null = null;

  constructor(
    storage: Promise<Storage | null>,
    after: (delayMs: number, callback: () => void) => () => void,
  ) {
    this.#storage = storage;
    this.#after = after;
  }

  async read(room: string): Promise<Position | null> {
    const changed = this.#changed.get(room);
    if (changed !== undefined) return changed;
    return (await this.#storage)?.position(room) ?? null;
  }

  moved(room: string, position: Position | null): void {
    this.#changed.set(room, position);
    this.#stopWaiting ??= this.#after(DELAY_MS, () => void this.flush());
  }

  /** Stores what has changed, now. */
  async flush(): Promise<void> {
    this.#stopWaiting?.();
    this.#stopWaiting = null;
    const changed = this.#changed;
    if (changed.size === 0) return;
    this.#changed = new Map();
    try {
      await (await this.#storage)?.savePositions(changed);
    } catch (error) {
      reportLater(error);
    }
  }
}
