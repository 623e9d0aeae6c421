import type { AnyRoomEvents } from "@openline/protocol/contract";
import type { Delivery } from "./delivery.ts";
import type { Members } from "./presence.ts";
import type { Published } from "./publishing.ts";
import type { History, HistoryQuery } from "./room-reader.ts";

/** How a message is published. */
export interface PublishOptions {
  /**
   * Tells a message that is published again from a new one: the same id gives the same position,
   * within 24 hours. Default: each is new.
   */
  readonly id?: string | undefined;
}

/** What is published in a room: of each event, what is given for it, and what who is there gets. */
type RoomEventTypes = Readonly<Record<string, { readonly input: unknown }>>;

/** What follows the name of an event: nothing need, if its payload may be undefined. */
type Payload<Given> = undefined extends Given
  ? [data?: Given, options?: PublishOptions]
  : [data: Given, options?: PublishOptions];

/** A room, for the server's own code. */
export class Room<Events extends RoomEventTypes = AnyRoomEvents> {
  readonly name: string;
  private readonly delivery: Delivery;

  constructor(delivery: Delivery, name: string) {
    this.delivery = delivery;
    this.name = name;
  }

  /**
   * Publishes an event with its argument. In a durable room it resolves when the message is on the
   * log: who is in the room gets it, whatever happens.
   *
   * @throws DeliveryError if it was refused, also by the contract; LogError if nobody knows whether it
   *   is logged, until it is published again with the same id
   */
  publish<Event extends keyof Events & string>(
    event: Event,
    ...[data, options]: Payload<Events[Event]["input"]>
  ): Promise<Published> {
    const all: [string, ...unknown[]] = data === undefined ? [event] : [event, data];
    return this.delivery.publish(this.name, all, options?.id ?? null);
  }

  /**
   * Messages of a durable room: the newest, or those after or before an offset.
   *
   * @throws DeliveryError for a query that cannot be meant, or a room that keeps no history
   */
  history(query: HistoryQuery = {}): Promise<History> {
    return this.delivery.history(this.name, query);
  }

  /** Who is in the room, as its rule's `presence` shows them; the first 1,000, and how many there are. */
  members(): Members {
    return this.delivery.members(this.name);
  }
}
