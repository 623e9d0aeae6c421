import { ChannelError, isPassing, isRefusal } from "./channel-error.ts";
import { type Observable, Observed } from "./observable.ts";
import type { RoomAsker } from "./room-line.ts";

/** Somebody who is in a room. */
export interface Member {
  /** Its socket's id. */
  readonly id: string;
  /** What the server's rule shows of it. */
  readonly data: unknown;
}

/** Who is in a room, as far as this client knows. */
export interface Members {
  /** Of many, the first 1,000. */
  readonly members: readonly Member[];
  /** All of them. */
  readonly count: number;
  /** Whether it is so now: changes are told. Otherwise it was so once, or nothing is known. */
  readonly isCurrent: boolean;
  /** Why nothing can be known. */
  readonly error: ChannelError | null;
}

/** What the server tells of who comes and goes. */
export interface MembersChange {
  readonly room: string;
  readonly entered: readonly Member[];
  readonly left: readonly string[];
  readonly count: number;
}

/** Before anybody has asked. */
export const unknownMembers: Members = Object.freeze({
  members: Object.freeze([]),
  count: 0,
  isCurrent: false,
  error: null,
});
const RETRY_MS = 1_000;

/** Who is in a room: asked for as long as somebody looks. */
export class RoomMembers implements Observable<Members> {
  private readonly room: string;
  private readonly asker: RoomAsker;
  private readonly shown = new Observed<Members>(unknownMembers);
  private looking = 0;
  private stopWaiting: (() => void) | null = null;

  constructor(room: string, asker: RoomAsker) {
    this.room = room;
    this.asker = asker;
  }

  get(): Members {
    return this.shown.get();
  }

  subscribe(listener: (members: Members) => void): () => void {
    const end = this.shown.subscribe(listener);
    this.looking += 1;
    if (this.looking === 1) this.ask(true);
    let isOver = false;
    return () => {
      if (isOver) return;
      isOver = true;
      end();
      this.looking -= 1;
      if (this.looking > 0) return;
      this.disconnected();
      this.ask(false);
    };
  }

  connected(): void {
    if (this.looking > 0) this.ask(true);
  }

  disconnected(): void {
    this.stopWaiting?.();
    this.stopWaiting = null;
    if (this.get().isCurrent) this.change({ isCurrent: false });
  }

  changed({ entered, left, count }: MembersChange): void {
    if (!this.get().isCurrent) return;
    const gone = new Set([...left, ...entered.map(({ id }) => id)]);
    const stayed = this.get().members.filter(({ id }) => !gone.has(id));
    this.change({ members: Object.freeze([...stayed, ...entered]), count });
  }

  private ask(follow: boolean): void {
    const { asker, room } = this;
    if (!asker.isConnected) return;
    asker.ask("openline:presence", { room, follow }, (outcome) => {
      if (outcome.kind !== "answer" || !follow || this.looking === 0) return;
      const { answer } = outcome;
      if (!isRefusal(answer)) {
        const { members, count } = answer as Pick<Members, "members" | "count">; // what is no refusal
        this.change({ members: Object.freeze([...members]), count, isCurrent: true, error: null });
        return;
      }
      this.change({ isCurrent: false, error: new ChannelError(answer) });
      if (!isPassing(answer)) return;
      this.stopWaiting = asker.after(answer.retryAfterMs ?? RETRY_MS, () => this.ask(true));
    });
  }

  private change(changes: Partial<Members>): void {
    this.shown.set(Object.freeze({ ...this.get(), ...changes }));
  }
}
