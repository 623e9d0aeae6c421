import { randomUUID } from "node:crypto";
import type { Answer } from "../checker/history.ts";
import type { PublisherPlan } from "../plan/plan.ts";
import { Random } from "../plan/random.ts";
import type { Body } from "../server/subject.ts";
import type { Publisher } from "./actor.ts";
import { SentMessage } from "./sent-message.ts";

/** The way by which a publisher's messages go. */
export interface Route {
  readonly isOpen: boolean;
  /** Tells one connection from the next. */
  readonly connection: string;
  /** @throws Error if nobody knows what came of it */
  send(body: Body): Promise<Answer>;
}

const retryMs = 50;
const maxPadding = 300;

/** Sends messages at its pace, and each of them again until it knows what has become of it. */
export class PublisherActor implements Publisher {
  private readonly plan: PublisherPlan;
  private readonly route: Route;
  private readonly sent: Map<string, SentMessage>;
  /** Whether a message that is sent again is known by its id. */
  private readonly isIdempotent: boolean;
  private readonly random: Random;
  private sequence = 0;
  /** Under way. */
  private pending = 0;
  private ticker: NodeJS.Timeout | null = null;
  private isOver = false;

  constructor(
    plan: PublisherPlan,
    route: Route,
    sent: Map<string, SentMessage>,
    isIdempotent: boolean,
  ) {
    this.plan = plan;
    this.route = route;
    this.sent = sent;
    this.isIdempotent = isIdempotent && plan.by !== "emit";
    this.random = new Random(plan.seed);
  }

  get isIdle(): boolean {
    return this.pending === 0;
  }

  start(): void {
    this.ticker = setInterval(() => {
      // Drawn whether or not there is room for it, so that the seed decides.
      const room = this.random.pick(this.plan.rooms);
      const padding = this.random.between(0, maxPadding);
      const isRepeated = this.isIdempotent && this.random.chance(0.03);
      if (this.pending < this.plan.window && this.route.isOpen) {
        void this.publish(room, padding, isRepeated);
      }
    }, this.plan.everyMs);
  }

  stop(): void {
    if (this.ticker !== null) clearInterval(this.ticker);
  }

  abandon(): void {
    this.stop();
    this.isOver = true;
  }

  /** Resolves when it is known what has become of the message. */
  async publish(room: string, padding: number, isRepeated = false): Promise<Answer> {
    const { name: publisher, by } = this.plan;
    this.sequence += 1;
    const content = { publisher, sequence: this.sequence, room, id: randomUUID() };
    const message = new SentMessage(content, by);
    this.sent.set(message.id, message);
    const body = padding === 0 ? content : { ...content, padding: "x".repeat(padding) };
    this.pending += 1;
    try {
      // A hurried publisher sends the same one twice without waiting.
      if (isRepeated) void this.attempt(message, body);
      return await this.settle(message, body);
    } finally {
      this.pending -= 1;
    }
  }

  private async settle(message: SentMessage, body: Body): Promise<Answer> {
    while (true) {
      const answer = await this.attempt(message, body);
      const isSettled = answer.kind === "ok" || (answer.kind === "refused" && answer.isFinal);
      const isLast = !this.isIdempotent || this.isOver;
      if (isSettled || isLast) return answer;
      do {
        await new Promise((resolve) => setTimeout(resolve, retryMs));
      } while (!this.route.isOpen && !this.isOver);
    }
  }

  private async attempt(message: SentMessage, body: Body): Promise<Answer> {
    const end = message.begin(this.route.connection);
    try {
      const answer = await this.route.send(body);
      end(answer);
      return answer;
    } catch {
      return { kind: "unknown" };
    }
  }
}
