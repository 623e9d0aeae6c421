import type { Subscriber } from "../checker/history.ts";
import type { SubscriberPlan } from "../plan/plan.ts";
import { messageEvent, revokedMessage } from "../server/subject.ts";
import type { Client, ClientListener } from "./client.ts";
import type { Dialect, Position } from "./dialect.ts";
import { Notebook, type Sent } from "./notebook.ts";
import { RawClient } from "./raw-client.ts";
import { StockClient } from "./stock-client.ts";

const requestTimeoutMs = 5000;
const retryMs = 100;

type Membership = "out" | "joining" | "in" | "leaving";

interface Stay {
  wanted: "in" | "out";
  membership: Membership;
  /** The newest message, by counting from where it has joined; null if that is not known. */
  position: Position | null;
  hasReceived: boolean;
}

/** A subscriber: it keeps itself in its rooms, and writes down all that it sees. */
export class SubscriberActor implements ClientListener {
  readonly plan: SubscriberPlan;
  readonly notebook: Notebook;
  isRevoked = false;
  private readonly onDelivery: () => void;
  private readonly dialect: Dialect;
  private readonly client: Client;
  private readonly stays: Map<string, Stay> = new Map();
  private isClosed = false;

  constructor(
    plan: SubscriberPlan,
    url: string,
    dialect: Dialect,
    sent: Sent,
    onDelivery: () => void,
  ) {
    this.plan = plan;
    this.onDelivery = onDelivery;
    this.dialect = dialect;
    this.notebook = new Notebook(sent);
    for (const room of plan.rooms) {
      const stay: Stay = { wanted: "in", membership: "out", position: null, hasReceived: false };
      this.stays.set(room, stay);
    }
    const options = { url, token: plan.name, listener: this };
    this.client =
      plan.kind === "raw" ? new RawClient(options) : new StockClient(options, plan.kind);
  }

  /** True if it is connected, and in all of its rooms. */
  get isSettled(): boolean {
    return (
      this.client.isConnected && [...this.stays.values()].every((stay) => stay.membership === "in")
    );
  }

  get record(): Subscriber {
    const { name, kind, group } = this.plan;
    return { name, kind, group, events: this.notebook.events, isSettled: this.isSettled };
  }

  /** True if this message is the newest that it has of the room. */
  hasNewest(room: string, id: string): boolean {
    return this.notebook.newest.get(room) === id;
  }

  /** Goes out of a room, and comes back. */
  move(room: string): void {
    const stay = this.stays.get(room);
    if (stay === undefined) return;
    stay.wanted = "out";
    this.pursue(room, stay);
  }

  /** It is let in no more. */
  revoked(): void {
    if (this.isRevoked) return;
    this.isRevoked = true;
    this.notebook.write({ kind: "revoked" });
  }

  close(): void {
    this.isClosed = true;
    this.client.close();
  }

  onConnect(session: string, isRecovered: boolean): void {
    this.notebook.write({ kind: "connect", session, isRecovered });
    for (const [room, stay] of this.stays) {
      if (!isRecovered) stay.membership = "out";
      this.pursue(room, stay);
    }
  }

  onDisconnect(reason: string): void {
    this.notebook.write({ kind: "disconnect", reason });
  }

  onRefused(message: string): void {
    if (message === revokedMessage) this.revoked();
    else this.notebook.write({ kind: "disconnect", reason: `refused: ${message}` });
  }

  onEvent(name: string, args: readonly unknown[]): void {
    if (name === "openline:gap") {
      const { reason, rooms } = Object(args[0]) as { reason?: unknown; rooms?: string[] };
      this.notebook.write({ kind: "gap", reason: String(reason), rooms: rooms ?? null });
      for (const room of rooms ?? []) this.forget(room);
    }
    if (name !== messageEvent) return;
    this.onDelivery();
    const [body, cursor] = args;
    this.notebook.message(body, null, typeof cursor === "string" ? cursor : null);
    const stay = this.stays.get(String((body as { room?: unknown }).room));
    if (stay === undefined) return;
    stay.hasReceived = true;
    if (stay.position !== null) stay.position.offset += 1;
  }

  /** After a gap nobody can count. */
  private forget(room: string): void {
    const stay = this.stays.get(room);
    if (stay !== undefined) stay.position = null;
  }

  /** Does what is still to be done for a room. */
  private pursue(room: string, stay: Stay): void {
    if (this.isClosed || !this.client.isConnected) return;
    if (stay.wanted === "in" && stay.membership !== "in") void this.join(room, stay);
    else if (stay.wanted === "out" && stay.membership !== "out") void this.leave(room, stay);
    else if (stay.wanted === "out") {
      stay.wanted = "in";
      void this.join(room, stay);
    }
  }

  private async join(room: string, stay: Stay): Promise<void> {
    const { connection } = this.client;
    if (stay.membership === "out") stay.hasReceived = false;
    stay.membership = "joining";
    const since = this.plan.isTakenIn ? null : stay.position;
    this.notebook.write({ kind: "joining", room, since: since?.offset ?? null });
    try {
      const how = this.plan.isTakenIn ? this.dialect.enter : this.dialect.join;
      const answer = await how(this.client, room, since, requestTimeoutMs);
      if (connection !== this.client.connection || this.isClosed) return;
      if (answer.gap !== null)
        this.notebook.write({ kind: "gap", reason: answer.gap, rooms: [room] });
      stay.membership = "in";
      const offset = since === null ? (answer.position?.offset ?? null) : since.offset;
      this.notebook.write({ kind: "joined", room, offset });
      for (const { body, offset } of answer.messages) this.notebook.message(body, offset, null);
      // What came before the answer may or may not be counted in it.
      stay.position = stay.hasReceived || answer.position === null ? null : { ...answer.position };
      this.pursue(room, stay);
    } catch {
      this.retry(connection, room, stay);
    }
  }

  private async leave(room: string, stay: Stay): Promise<void> {
    const { connection } = this.client;
    stay.membership = "leaving";
    this.notebook.write({ kind: "leaving", room });
    try {
      const how = this.plan.isTakenIn ? this.dialect.quit : this.dialect.leave;
      await how(this.client, room, requestTimeoutMs);
      if (connection !== this.client.connection || this.isClosed) return;
      stay.membership = "out";
      stay.position = null;
      this.notebook.write({ kind: "left", room });
      this.pursue(room, stay);
    } catch {
      this.retry(connection, room, stay);
    }
  }

  /** Over the same connection after a while; over the next one at once, when it connects. */
  private retry(connection: string, room: string, stay: Stay): void {
    setTimeout(() => {
      if (connection === this.client.connection) this.pursue(room, stay);
    }, retryMs);
  }
}
