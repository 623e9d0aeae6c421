import { TcpProxy } from "../network/tcp-proxy.ts";
import type { Plan, PublisherPlan } from "../plan/plan.ts";
import type { Actor, PageOwner, Publisher } from "./actor.ts";
import { ClientRoute } from "./client-route.ts";
import type { Dialect } from "./dialect.ts";
import { ChannelPublisher } from "./pages/channel-publisher.ts";
import { ChannelSubscriber } from "./pages/channel-subscriber.ts";
import type { Channels } from "./pages/planted-client.ts";
import { PublisherActor, type Route } from "./publisher.ts";
import type { SentMessage } from "./sent-message.ts";
import { SubscriberActor } from "./subscriber.ts";

export interface CrowdOptions {
  readonly plan: Plan;
  readonly dialect: Dialect;
  /** One for each group. */
  readonly proxies: readonly TcpProxy[];
  readonly sent: Map<string, SentMessage>;
  /** Of which pages are made. */
  readonly channels: Channels;
  /** The way of those that publish by the server's own code. */
  serverRoute(by: "server" | "emit"): Route;
  onDelivery(): void;
}

/** All clients of a run: who they are, and what they are reached by. */
export class Crowd {
  readonly subscribers: Actor[] = [];
  readonly publishers: Publisher[] = [];
  /** Publishers with pages, and subscribers. */
  readonly owners: readonly [PageOwner[], PageOwner[]] = [[], []];
  private readonly options: CrowdOptions;
  private readonly routes: ClientRoute[] = [];
  /** Of pages, each to the proxy of its group. */
  private readonly lines: TcpProxy[] = [];

  private constructor(options: CrowdOptions) {
    this.options = options;
  }

  /** Connects all that a plan has. */
  static async connect(options: CrowdOptions): Promise<Crowd> {
    const crowd = new Crowd(options);
    for (const plan of options.plan.subscribers) {
      const { sent, dialect, channels } = options;
      const onDelivery = (): void => options.onDelivery();
      if (plan.kind === "channel") {
        const lines = await crowd.linesOf(plan.group);
        const subscriber = new ChannelSubscriber({ plan, lines, sent, channels, onDelivery });
        crowd.subscribers.push(subscriber);
        crowd.owners[1].push(subscriber);
      } else {
        const { url } = crowd.proxyOf(plan.group);
        crowd.subscribers.push(new SubscriberActor(plan, url, dialect, sent, onDelivery));
      }
    }
    for (const [index, plan] of options.plan.publishers.entries()) {
      crowd.publishers.push(await crowd.newPublisher(plan, index));
    }
    return crowd;
  }

  /** How many may be connected to the server at a time. */
  get clients(): number {
    return this.subscribers.length + this.routes.length + this.lines.length;
  }

  async close(): Promise<void> {
    for (const publisher of this.publishers) publisher.abandon();
    for (const route of this.routes) route.close();
    for (const subscriber of this.subscribers) subscriber.close();
    await Promise.all(this.lines.map((line) => line.close()));
  }

  private proxyOf(group: number): TcpProxy {
    return this.options.proxies[group] as TcpProxy; // there is one for each group
  }

  private async linesOf(group: number): Promise<readonly [TcpProxy, TcpProxy]> {
    const lines = [await TcpProxy.listen(), await TcpProxy.listen()] as const;
    for (const line of lines) line.aim(this.proxyOf(group).port);
    this.lines.push(...lines);
    return lines;
  }

  private async newPublisher(plan: PublisherPlan, index: number): Promise<Publisher> {
    const { sent, dialect, channels } = this.options;
    const { by, name, group } = plan;
    if (by === "channel") {
      const lines = await this.linesOf(group);
      const publisher = new ChannelPublisher({ plan, lines, sent, channels });
      this.owners[0].push(publisher);
      return publisher;
    }
    if (by !== "client") {
      return new PublisherActor(plan, this.options.serverRoute(by), sent, dialect.isIdempotent);
    }
    const kind = index % 2 === 0 ? "stock" : "raw";
    const route = new ClientRoute(name, this.proxyOf(group).url, dialect, kind);
    this.routes.push(route);
    return new PublisherActor(plan, route, sent, dialect.isIdempotent);
  }
}
