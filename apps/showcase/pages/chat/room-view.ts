import type { RoomName } from "../../protocol/chat.ts";
import type { ChatMessage } from "./chat.ts";
import { type Account, Ledger } from "./ledger.ts";
import { MessageList } from "./message-list.ts";

export interface RoomViewEvents {
  /** Reads the page before an offset. */
  older(before: number): Promise<readonly ChatMessage[]>;
  onUnseen(count: number): void;
  onAccount(account: Account): void;
}

/** One room on the page: its list, its books, and how far it was read. */
export class RoomView {
  readonly list: MessageList;
  readonly ledger = new Ledger();
  private readonly room: RoomName;
  private readonly pageSize: number;
  private readonly events: RoomViewEvents;
  private last: ChatMessage | undefined;
  private isLoading = false;
  private hasTrimmed = false;

  constructor(room: RoomName, pageSize: number, events: RoomViewEvents) {
    this.room = room;
    this.pageSize = pageSize;
    this.events = events;
    this.list = new MessageList(room, {
      onUnseen: (count) => events.onUnseen(count),
      onNearStart: () => void this.loadOlder(),
    });
  }

  take(message: ChatMessage): void {
    const isFirst = this.last === undefined;
    this.last = message;
    this.ledger.take(message.offset, message.id);
    this.list.append(message);
    if (isFirst) this.showStart();
  }

  /** All that is there was read; a reload does not forget it. */
  markSeen(): void {
    if (this.last !== undefined) localStorage.setItem(this.seenKey, String(this.last.offset));
  }

  /** How many messages were not read; who comes for the first time has nothing to catch up with. */
  countUnread(openedAtMs: number): number {
    const { last } = this;
    if (last === undefined) return 0;
    const seen = localStorage.getItem(this.seenKey);
    if (seen === null && last.timeMs < openedAtMs) this.markSeen();
    if (seen === null && last.timeMs >= openedAtMs) {
      localStorage.setItem(this.seenKey, String(last.offset - 1));
      return 1;
    }
    return seen === null ? 0 : Math.max(0, last.offset - Number(seen));
  }

  private get seenKey(): string {
    return `openline.chat.seen.${this.room}`;
  }

  private async loadOlder(): Promise<void> {
    const before = this.list.firstOffset;
    if (before === undefined || before <= 1 || this.isLoading || this.hasTrimmed) return;
    this.isLoading = true;
    this.list.setStart("loading");
    try {
      const page = await this.events.older(before);
      // Falling off at the top goes on meanwhile, if the reader is at the end.
      if (this.list.firstOffset === before) {
        this.ledger.takeOlder(page);
        this.list.prepend(page);
        this.hasTrimmed = page.length < this.pageSize && this.list.firstOffset !== 1;
      }
    } catch {
      // The line is lost or the room refused: the button stays, to try again.
    }
    this.isLoading = false;
    this.showStart();
    this.events.onAccount(this.ledger.account);
  }

  private showStart(): void {
    const { firstOffset } = this.list;
    if (firstOffset === undefined) return;
    if (firstOffset === 1) this.list.setStart("begin");
    else this.list.setStart(this.hasTrimmed ? "trimmed" : "more");
  }
}
