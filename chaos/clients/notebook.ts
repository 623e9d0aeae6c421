import type { ChannelMessage } from "@openline/client/channels";
import type { Content, Publish, Seen } from "../checker/history.ts";
import { nowMs } from "../clock.ts";

/** What all that was sent is found in, so that it is kept once however many receive it. */
export type Sent = ReadonlyMap<string, Publish>;

type Unstamped<E> = E extends { readonly atMs: number } ? Omit<E, "atMs"> : never;

/** Where a subscriber writes down what it sees. */
export class Notebook {
  readonly events: Seen[] = [];
  /** The newest message of each room. */
  readonly newest: Map<string, string> = new Map();
  private readonly sent: Sent;

  constructor(sent: Sent) {
    this.sent = sent;
  }

  write(event: Unstamped<Seen>): void {
    this.events.push({ ...event, atMs: nowMs() } as Seen);
  }

  message(body: unknown, offset: number | null, cursor: string | null): void {
    const content = this.contentOf(body);
    this.newest.set(content.room, content.id);
    this.write({ kind: "message", content, offset, cursor });
  }

  /** What a page's channel has delivered. */
  delivered(page: number, { data, offset, id }: ChannelMessage): void {
    const content = this.contentOf(data);
    this.newest.set(content.room, content.id);
    this.write({ kind: "delivered", page, content, offset, id });
  }

  private contentOf(body: unknown): Content {
    const { publisher, sequence, room, id } = Object(body) as Partial<Content>;
    const known = this.sent.get(String(id));
    const isSame =
      known?.publisher === publisher && known?.sequence === sequence && known?.room === room;
    if (known !== undefined && isSame) return known;
    return {
      publisher: String(publisher),
      sequence: Number(sequence),
      room: String(room),
      id: String(id),
    };
  }
}
