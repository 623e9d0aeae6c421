import type { Missed, Position, Stored } from "./dialect.ts";
import type { Notebook } from "./notebook.ts";

type Membership = "out" | "joining" | "in" | "leaving";

interface Live {
  readonly body: unknown;
  readonly cursor: string | null;
}

/** A subscriber's stay in a room. */
export class Stay {
  readonly room: string;
  wanted: "in" | "out" = "in";
  membership: Membership = "out";
  /** The newest message, by counting from where it has joined; null if that is not known. */
  position: Position | null = null;
  /** Messages up to this one are still to be read from the log. */
  catchUpTo: Position | null = null;
  private readonly notebook: Notebook;
  private hasReceived = false;
  /** It has asked for what came after its position, and was not answered yet. */
  private isAsking = false;
  private held: Live[] = [];

  constructor(room: string, notebook: Notebook) {
    this.room = room;
    this.notebook = notebook;
  }

  get isSettled(): boolean {
    return this.membership === "in" && this.catchUpTo === null;
  }

  /** Returns after which message it asks to be let in. */
  joining(isTakenIn: boolean): Position | null {
    if (this.membership === "out") this.hasReceived = false;
    this.membership = "joining";
    const since = isTakenIn ? null : this.position;
    // An answer that was lost can have let it in: then what comes live is in the next one, too.
    this.isAsking = since !== null;
    this.notebook.write({ kind: "joining", room: this.room, since: since?.offset ?? null });
    return since;
  }

  joined(since: Position | null, { position, messages, hasMore, isGap }: Missed): void {
    const { room, notebook } = this;
    if (isGap) notebook.write({ kind: "gap", by: "answer", reason: "", rooms: [room] });
    this.membership = "in";
    const offset = since?.offset ?? position?.offset ?? null;
    notebook.write({ kind: "joined", room, offset });
    if (since === null) {
      // Of what came before the answer nobody knows whether it counts.
      this.position = this.hasReceived ? null : clone(position);
      return;
    }
    this.isAsking = false;
    this.catchUpTo = position;
    this.stored(messages);
    if (!hasMore) this.caughtUp();
  }

  /** What came from the log. */
  stored(messages: readonly Stored[]): void {
    for (const { body, offset } of messages) {
      this.notebook.message(body, offset, null);
      const id = idOf(body);
      this.held = this.held.filter((live) => idOf(live.body) !== id);
      if (this.position !== null) this.position.offset = offset;
    }
  }

  /** All has been read: what came live meanwhile follows. */
  caughtUp(): void {
    this.position = clone(this.catchUpTo);
    this.catchUpTo = null;
    for (const { body, cursor } of this.held.splice(0)) this.live(body, cursor);
  }

  live(body: unknown, cursor: string | null): void {
    if (this.isAsking || this.catchUpTo !== null) {
      this.held.push({ body, cursor });
      return;
    }
    this.hasReceived = true;
    this.notebook.message(body, null, cursor);
    if (this.position !== null) this.position.offset += 1;
  }

  /** Something is missing: who counted does not know any more where it is, until it asks. */
  gap(): void {
    if (this.membership === "in") this.position = null;
  }

  left(): void {
    this.membership = "out";
    this.position = null;
    this.notebook.write({ kind: "left", room: this.room });
  }

  /** The session is new, and in no room. What was held back comes again. */
  renewed(): void {
    this.membership = "out";
    this.catchUpTo = null;
    this.isAsking = false;
    this.held = [];
  }
}

function idOf(body: unknown): unknown {
  return (body as { readonly id?: unknown }).id;
}

function clone(position: Position | null): Position | null {
  return position === null ? null : { ...position };
}
