import type { Answer, Publishes } from "../oracle/publishes.ts";
import type { Scheduler } from "../world/scheduler.ts";

/** What an outbox sends by. */
export interface OutboxHost {
  readonly name: string;
  readonly scheduler: Scheduler;
  readonly publishes: Publishes;
  readonly isConnected: boolean;
  emit(args: readonly unknown[], acknowledge: (answer: unknown) => void): void;
  note(text: string): void;
}

/** A message that has not been acknowledged. */
interface Unsent {
  readonly n: number;
  readonly room: string;
  readonly args: readonly unknown[];
  isAsked: boolean;
}

/** Messages that are published again, with the same ids, until they are acknowledged. */
export abstract class Outbox {
  protected readonly host: OutboxHost;
  protected readonly unsent: Unsent[] = [];

  constructor(host: OutboxHost) {
    this.host = host;
  }

  get isEmpty(): boolean {
    return this.unsent.length === 0;
  }

  add(n: number, room: string, args: readonly unknown[]): void {
    this.unsent.push({ n, room, args, isAsked: false });
  }

  /** Asks for all that was not asked for on this connection. */
  abstract send(): void;

  /** Nobody will answer any more. */
  disconnected(): void {
    for (const each of this.unsent) {
      if (each.isAsked) this.host.publishes.lose(each.n);
      each.isAsked = false;
    }
  }
}

const RETRY_MS = 300;

/** Publishes all at once, in no promised order. */
export class PlainOutbox extends Outbox {
  send(): void {
    for (const unsent of this.unsent) if (!unsent.isAsked) this.ask(unsent);
  }

  private ask(unsent: Unsent): void {
    ask(this.host, unsent, {}, (answer) => {
      if (answer === null) {
        this.host.scheduler.after(RETRY_MS, () => {
          unsent.isAsked = false;
          if (this.host.isConnected) this.send();
        });
        return;
      }
      this.unsent.splice(this.unsent.indexOf(unsent), 1);
      this.host.publishes.acknowledge(unsent.n, unsent.room, answer);
    });
  }
}

/** As many as it has on their way, and as the server takes. */
const MAX_ASKED = 64;

/** Numbers what it publishes, so that it stays in order however many are on their way. */
export class NumberedOutbox extends Outbox {
  private epoch = 0;
  private sequence = 0;
  /** One of the epoch was refused: it begins another one when the others are answered. */
  private isBroken = false;
  private isWaiting = false;

  send(): void {
    if (this.isBroken || this.isWaiting) return;
    for (const unsent of this.unsent.slice(0, MAX_ASKED)) if (!unsent.isAsked) this.ask(unsent);
  }

  override disconnected(): void {
    super.disconnected();
    this.beginEpoch();
  }

  private beginEpoch(): void {
    this.epoch += 1;
    this.sequence = 0;
    this.isBroken = false;
  }

  private ask(unsent: Unsent): void {
    const { name, publishes, scheduler } = this.host;
    const { epoch, sequence } = this;
    this.sequence += 1;
    ask(this.host, unsent, { producer: name, epoch, sequence }, (answer) => {
      if (answer !== null) {
        const first = this.unsent.shift();
        publishes.acknowledgeNext(name, first?.n ?? 0, unsent, answer);
        this.send();
        return;
      }
      unsent.isAsked = false;
      this.isBroken = true;
      if (this.unsent.some(({ isAsked }) => isAsked)) return;
      this.beginEpoch();
      this.isWaiting = true;
      scheduler.after(RETRY_MS, () => {
        this.isWaiting = false;
        if (this.host.isConnected) this.send();
      });
    });
  }
}

/** Asks the server to publish, and tells what it answers; null: it was refused. */
function ask(
  { publishes, emit, note }: OutboxHost,
  unsent: Unsent,
  number: object,
  done: (answer: Answer | null) => void,
): void {
  const { n, room, args } = unsent;
  unsent.isAsked = true;
  publishes.start(n, room);
  const [event, ...others] = args;
  const request = { room, event, args: others, id: `id-${n}`, ...number };
  emit(["openline:publish", request], (answer) => {
    const { code } = answer as { readonly code?: string };
    if (code === undefined) {
      note(`${n} is at ${(answer as Answer).offset}`);
      done(answer as Answer);
      return;
    }
    note(`${n} refused: ${code}`);
    publishes.refuse(n);
    done(null);
  });
}
