import { randomUUID } from "node:crypto";
import type { ChannelError, OutboxEntry } from "@openline/client/channels";
import type { TcpProxy } from "../../network/tcp-proxy.ts";
import { closedRoom, type PublisherPlan } from "../../plan/plan.ts";
import { Random } from "../../plan/random.ts";
import { type Body, messageEvent } from "../../server/subject.ts";
import type { PageOwner, Publisher } from "../actor.ts";
import { readAnswer } from "../dialect.ts";
import { SentMessage } from "../sent-message.ts";
import type { Page } from "./page.ts";
import { Pages } from "./pages.ts";
import type { Channels } from "./planted-client.ts";

export interface ChannelPublisherOptions {
  readonly plan: PublisherPlan;
  readonly lines: readonly [TcpProxy, TcpProxy];
  readonly sent: Map<string, SentMessage>;
  readonly channels: Channels;
}

/** A message with what it is sent as, until its page knows what has become of it. */
interface Underway {
  readonly message: SentMessage;
  readonly body: Body;
  page: Page;
}

const maxPadding = 300;
const burst = 8;
/** The client's own: its page has ended. */
const closedCode = "OPENLINE_CLIENT_CLOSED";

/** Publishes by channels: the outbox has to see to it that all of it arrives, once and in order. */
export class ChannelPublisher implements Publisher, PageOwner {
  private readonly plan: PublisherPlan;
  private readonly sent: Map<string, SentMessage>;
  private readonly random: Random;
  private readonly pages: Pages;
  private readonly underway: Map<string, Underway> = new Map();
  private sequence = 0;
  /** Pages side by side do not wait for each other: each time has an order of its own. */
  private time = 0;
  private ticker: NodeJS.Timeout | null = null;

  constructor({ plan, lines, sent, channels }: ChannelPublisherOptions) {
    this.plan = plan;
    this.sent = sent;
    this.random = new Random(plan.seed);
    this.pages = new Pages({
      ...{ name: plan.name, seed: plan.seed, lines, channels },
      listener: { onConnect() {}, onDisconnect() {}, onRevoked() {} },
      witness: () => ({ told() {}, kept: (id) => this.owe(id) }),
      onLoad: (page) => this.load(page),
      onEnd: () => {},
    });
  }

  get isIdle(): boolean {
    for (const { page } of this.underway.values()) if (!page.isOver) return false;
    return this.pages.store.entries.size === 0;
  }

  start(): void {
    this.ticker = setInterval(() => {
      // Drawn whether or not there is room for it, so that the seed decides.
      const count = this.random.chance(0.1) ? burst : 1;
      for (let each = 0; each < count; each += 1) {
        const room = this.random.pick(this.plan.rooms);
        const padding = this.random.between(0, maxPadding);
        if (this.pending < this.plan.window) this.publish(room, padding);
      }
    }, this.plan.everyMs);
  }

  stop(): void {
    if (this.ticker === null) return;
    clearInterval(this.ticker);
    this.ticker = null;
    // What pages beside it have left is adopted by the next one.
    this.pages.reload();
  }

  abandon(): void {
    this.stop();
    const unheard = [...this.underway.values()].filter(({ page }) => !page.isOver);
    for (const id of [...this.pages.store.entries, ...unheard.map(({ message }) => message.id)]) {
      const outbox = this.sent.get(id)?.outbox;
      if (outbox !== undefined) outbox.isLeft = true;
    }
    this.pages.close();
  }

  fade(dice: number): void {
    this.pages.fade(dice);
  }

  openSecond(): (() => void) | null {
    const end = this.pages.openSecond();
    if (end === null) return null;
    this.time += 1;
    return () => {
      this.time += 1;
      end();
    };
  }

  private get pending(): number {
    let count = 0;
    for (const { page } of this.underway.values()) if (!page.isOver) count += 1;
    return count;
  }

  private publish(room: string, padding: number): void {
    this.sequence += 1;
    const { sequence } = this;
    const content = { publisher: this.plan.name, sequence, room, id: randomUUID() };
    const message = new SentMessage(content, "channel", { isOwed: false, isLeft: false });
    this.sent.set(message.id, message);
    const body = padding === 0 ? content : { ...content, padding: "x".repeat(padding) };
    this.give(this.pages.newest, message, body);
  }

  private give(page: Page, message: SentMessage, body: Body): void {
    const { room, id } = message;
    this.underway.set(id, { message, body, page });
    const end = message.begin(`${this.plan.name}-${this.time}`);
    page.client
      .channel(room)
      .publish(messageEvent, body, { id })
      .then(
        (published) => {
          end(readAnswer({ ...published }));
          this.settled(id, page);
        },
        (error: unknown) => {
          // A client that was built with a bug has an error class of its own.
          const { code } = error as ChannelError;
          if (code === undefined) throw error;
          if (code === closedCode) return;
          // The others had to be taken, whatever it takes.
          if (room !== closedRoom) this.owe(id);
          end({ kind: "refused", code, isFinal: true });
          this.settled(id, page);
        },
      );
  }

  private settled(id: string, page: Page): void {
    if (this.underway.get(id)?.page === page) this.underway.delete(id);
  }

  private load(page: Page): void {
    page.client.outbox.subscribe((entries) => this.look(entries));
    // Some applications remember what they have not heard of, and give it again by its id.
    const isRepeating = this.random.chance(0.25);
    for (const each of [...this.underway.values()]) {
      if (!each.page.isOver) continue;
      if (isRepeating) this.give(page, each.message, each.body);
      else this.underway.delete(each.message.id);
    }
  }

  private look(entries: readonly OutboxEntry[]): void {
    for (const { id, state } of entries) if (state === "sent") this.owe(id);
  }

  private owe(id: string): void {
    const message = this.sent.get(id);
    if (message?.outbox !== undefined && message.room !== closedRoom) message.outbox.isOwed = true;
  }
}
