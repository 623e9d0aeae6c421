import type { Channel } from "@openline/client/channels";
import type { Subscriber } from "../../checker/history.ts";
import type { TcpProxy } from "../../network/tcp-proxy.ts";
import { type SubscriberPlan, shortRoom } from "../../plan/plan.ts";
import type { Actor, PageOwner } from "../actor.ts";
import { Notebook, type Sent } from "../notebook.ts";
import type { Page } from "./page.ts";
import { Pages } from "./pages.ts";
import type { Channels } from "./planted-client.ts";

export interface ChannelSubscriberOptions {
  readonly plan: SubscriberPlan;
  readonly lines: readonly [TcpProxy, TcpProxy];
  readonly sent: Sent;
  readonly channels: Channels;
  readonly onDelivery: () => void;
}

/** A subscriber by channels of our own client: it writes down what they deliver, and declare gone. */
export class ChannelSubscriber implements Actor, PageOwner {
  readonly plan: SubscriberPlan;
  readonly notebook: Notebook;
  isRevoked = false;
  private readonly onDelivery: () => void;
  private readonly pages: Pages;
  /** Of the pages that live, by their rooms. */
  private readonly channels: Map<Page, Map<string, Channel>> = new Map();

  constructor({ plan, lines, sent, channels, onDelivery }: ChannelSubscriberOptions) {
    this.plan = plan;
    this.onDelivery = onDelivery;
    this.notebook = new Notebook(sent);
    this.pages = new Pages({
      ...{ name: plan.name, seed: plan.seed, lines, channels },
      listener: {
        onConnect: (_page, isRecovered) =>
          this.notebook.write({ kind: "connect", session: "", isRecovered }),
        onDisconnect: (_page, reason) => this.notebook.write({ kind: "disconnect", reason }),
        onRevoked: () => this.revoked(),
      },
      witness: (page) => ({
        told: (room, since) => this.notebook.write({ kind: "opened", page, room, since }),
        kept() {},
      }),
      onLoad: (page, isFresh) => this.load(page, isFresh),
      onEnd: (page) => {
        this.channels.delete(page);
        this.notebook.write({ kind: "closed", page: page.number, room: null });
      },
    });
  }

  get isSettled(): boolean {
    const living = [...this.channels.values()].flatMap((rooms) => [...rooms.values()]);
    return this.pages.isConnected && living.every(({ status }) => status === "joined");
  }

  get record(): Subscriber {
    const { name, kind, group } = this.plan;
    return { name, kind, group, events: this.notebook.events, isSettled: this.isSettled };
  }

  hasNewest(room: string, id: string): boolean {
    return this.notebook.newest.get(room) === id;
  }

  move(room: string): void {
    const page = this.pages.newest;
    const channel = this.channels.get(page)?.get(room);
    if (channel?.status !== "joined" || channel.position === null) return;
    const { position } = channel;
    channel.leave();
    this.notebook.write({ kind: "closed", page: page.number, room });
    this.notebook.write({ kind: "opened", page: page.number, room, since: position.offset });
    this.listen(page, room, page.client.channel(room, { from: position }));
  }

  /** Only its session: pages are loaded again by a fault of their own. */
  reload(): void {
    if (!this.isRevoked) this.pages.newest.renew();
  }

  fade(dice: number): void {
    if (!this.isRevoked) this.pages.fade(dice);
  }

  openSecond(): (() => void) | null {
    return this.isRevoked ? null : this.pages.openSecond();
  }

  revoked(): void {
    if (this.isRevoked) return;
    this.isRevoked = true;
    this.notebook.write({ kind: "revoked" });
  }

  close(): void {
    this.pages.close();
  }

  private load(page: Page, isFresh: boolean): void {
    this.channels.set(page, new Map());
    for (const room of this.plan.rooms) {
      // Where the short room starts is nobody's promise.
      const isFromStart = isFresh && room !== shortRoom;
      if (isFromStart) this.notebook.write({ kind: "opened", page: page.number, room, since: 0 });
      const from = isFromStart ? "start" : "stored";
      this.listen(page, room, page.client.channel(room, { from }));
    }
  }

  private listen(page: Page, room: string, channel: Channel): void {
    const { notebook } = this;
    const { number } = page;
    this.channels.get(page)?.set(room, channel);
    channel.onAny((message) => {
      this.onDelivery();
      notebook.delivered(number, message);
    });
    channel.on("gap", ({ reason, from, to }) => {
      notebook.write({ kind: "declared", page: number, room, reason, from, to });
    });
    // Where it is, it knows once all that came with the answer is delivered.
    channel.on("joined", () => {
      queueMicrotask(() => {
        if (page.isOver || channel.status !== "joined") return;
        const offset = channel.position?.offset ?? null;
        notebook.write({ kind: "entered", page: number, room, offset });
      });
    });
  }
}
