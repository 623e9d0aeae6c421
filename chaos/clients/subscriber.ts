import { reloadReason, type Subscriber } from "../checker/history.ts";
import type { SubscriberPlan } from "../plan/plan.ts";
import { messageEvent, revokedMessage } from "../server/subject.ts";
import type { Actor } from "./actor.ts";
import type { Client, ClientListener } from "./client.ts";
import type { Dialect } from "./dialect.ts";
import { Notebook, type Sent } from "./notebook.ts";
import { RawClient } from "./raw-client.ts";
import { Stay } from "./stay.ts";
import { StockClient } from "./stock-client.ts";

const retryMs = 100;

/** A subscriber by a stock or raw client: it keeps itself in its rooms, and writes down all that it sees. */
export class SubscriberActor implements Actor {
  readonly plan: SubscriberPlan;
  readonly notebook: Notebook;
  isRevoked = false;
  private readonly onDelivery: () => void;
  private readonly dialect: Dialect;
  private readonly url: string;
  private client: Client;
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
    for (const room of plan.rooms) this.stays.set(room, new Stay(room, this.notebook));
    this.url = url;
    this.client = this.newClient();
  }

  get isSettled(): boolean {
    return this.client.isConnected && [...this.stays.values()].every((stay) => stay.isSettled);
  }

  get record(): Subscriber {
    const { name, kind, group } = this.plan;
    return { name, kind, group, events: this.notebook.events, isSettled: this.isSettled };
  }

  hasNewest(room: string, id: string): boolean {
    return this.notebook.newest.get(room) === id;
  }

  move(room: string): void {
    const stay = this.stays.get(room);
    if (stay === undefined) return;
    stay.wanted = "out";
    this.pursue(stay);
  }

  /** Begins anew, as a page that is loaded again: what it has seen is all that it knows. */
  reload(): void {
    if (this.isRevoked || this.isClosed) return;
    const { client } = this;
    this.client = this.newClient();
    client.close();
    this.notebook.write({ kind: "disconnect", reason: reloadReason });
  }

  revoked(): void {
    if (this.isRevoked) return;
    this.isRevoked = true;
    this.notebook.write({ kind: "revoked" });
  }

  close(): void {
    this.isClosed = true;
    this.client.close();
  }

  private newClient(): Client {
    const { kind, name: token } = this.plan;
    // Nothing of what a client that was given up still tells is heard.
    const isCurrent = (): boolean => client === this.client;
    const listener: ClientListener = {
      onConnect: (session, isRecovered) => {
        if (isCurrent()) this.onConnect(session, isRecovered);
      },
      onDisconnect: (reason) => {
        if (isCurrent()) this.notebook.write({ kind: "disconnect", reason });
      },
      onEvent: (name, args) => {
        if (isCurrent()) this.onEvent(name, args);
      },
      onRefused: (message) => {
        if (isCurrent()) this.onRefused(message);
      },
    };
    const options = { url: this.url, token, listener };
    const client =
      kind === "raw"
        ? new RawClient(options)
        : new StockClient(options, kind === "polling" ? kind : "websocket");
    return client;
  }

  private onConnect(session: string, isRecovered: boolean): void {
    this.notebook.write({ kind: "connect", session, isRecovered });
    for (const stay of this.stays.values()) {
      if (!isRecovered) stay.renewed();
      this.pursue(stay);
    }
  }

  private onRefused(message: string): void {
    if (message === revokedMessage) this.revoked();
    else this.notebook.write({ kind: "disconnect", reason: `refused: ${message}` });
  }

  private onEvent(name: string, args: readonly unknown[]): void {
    if (name === "openline:gap") {
      const { reason, rooms } = Object(args[0]) as { reason?: unknown; rooms?: string[] };
      this.notebook.write({
        kind: "gap",
        by: "event",
        reason: String(reason),
        rooms: rooms ?? null,
      });
      for (const room of rooms ?? []) this.stays.get(room)?.gap();
    }
    if (name !== messageEvent) return;
    this.onDelivery();
    const [body, last] = args;
    const cursor = typeof last === "string" ? last : null;
    const stay = this.stays.get(String((body as { room?: unknown }).room));
    if (stay === undefined) this.notebook.message(body, null, cursor);
    else stay.live(body, cursor);
  }

  /** Does what is still to be done for a room. */
  private pursue(stay: Stay): void {
    if (this.isClosed || !this.client.isConnected) return;
    const { wanted, membership } = stay;
    if (wanted === "out" && membership === "out") stay.wanted = "in";
    if (wanted === "out" && membership !== "out") this.attempt(stay, () => this.leave(stay));
    else if (membership !== "in") this.attempt(stay, () => this.join(stay));
    else if (stay.catchUpTo !== null) this.attempt(stay, () => this.catchUp(stay));
  }

  /** Over the same connection again after a while; over the next one at once, when it connects. */
  private attempt(stay: Stay, act: () => Promise<void>): void {
    const { client } = this;
    const { connection } = client;
    const isCurrent = (): boolean => client === this.client && connection === client.connection;
    act().then(
      () => this.pursue(stay),
      () => {
        setTimeout(() => {
          if (isCurrent()) this.pursue(stay);
        }, retryMs);
      },
    );
  }

  private join(stay: Stay): Promise<void> {
    const { client, dialect, plan } = this;
    const since = stay.joining(plan.isTakenIn);
    const how = plan.isTakenIn ? dialect.enter : dialect.join;
    return how({
      client,
      room: stay.room,
      since,
      onAnswer: (missed) => stay.joined(since, missed),
    });
  }

  /** Reads on where the answer to a join has ended. */
  private async catchUp(stay: Stay): Promise<void> {
    const { client, dialect } = this;
    const { room, position, catchUpTo } = stay;
    if (position === null || catchUpTo === null) return;
    await dialect.read({
      ...{ client, room, since: position },
      onAnswer: ({ messages }) => {
        const due = messages.filter(({ offset }) => offset <= catchUpTo.offset);
        stay.stored(due);
        if (due.length < messages.length || messages.at(-1)?.offset === catchUpTo.offset) {
          stay.caughtUp();
        }
      },
    });
  }

  private async leave(stay: Stay): Promise<void> {
    const { client, dialect, plan } = this;
    stay.membership = "leaving";
    this.notebook.write({ kind: "leaving", room: stay.room });
    await (plan.isTakenIn ? dialect.quit : dialect.leave)(client, stay.room);
    stay.left();
  }
}
