import type { ChatMessage, Person, RoomName } from "../../protocol/chat.ts";
import { element } from "../site/element.ts";
import { colourAs, makeAvatar } from "./avatar.ts";
import type { PendingMessage } from "./outbox.ts";
import { ScrollKeeper } from "./scroll-keeper.ts";
import { dayOf, dayText, fullTimeText, timeText } from "./times.ts";

/** More would only slow the page; what is older falls off at the top. */
const maxLines = 5_000;

/** Messages of one person within this time stand under one name. */
const groupMs = 5 * 60_000;

export interface MessageListEvents {
  /** How many messages came since the reader went up; 0 once they are back at the end. */
  onUnseen(count: number): void;
}

/** One room's messages: grouped by day and person, with what waits to be sent at the end. */
export class MessageList {
  readonly root: HTMLElement;
  private readonly settled: HTMLElement;
  private readonly waiting: HTMLElement;
  private readonly waitingHead: HTMLElement;
  private readonly empty: HTMLElement;
  private readonly keeper: ScrollKeeper;
  private readonly events: MessageListEvents;
  private readonly pending = new Map<string, HTMLElement>();
  private lastMessage: ChatMessage | undefined;
  private lastDay: number | undefined;
  private me: Person | undefined;
  private unseen = 0;

  constructor(room: RoomName, events: MessageListEvents) {
    this.events = events;
    // New messages are announced elsewhere: a log would read a whole history aloud.
    this.settled = element("ol", { class: "messages", "aria-label": "Messages" });
    this.waiting = element("ol", { class: "messages", "aria-label": "To be sent" });
    this.waitingHead = element("div", { class: "message message-first message-waiting-head" });
    this.waiting.hidden = true;
    this.waitingHead.hidden = true;
    this.empty = element(
      "p",
      { class: "conversation-empty" },
      `Nobody has said anything in #${room} yet. Open this page in a second window and talk to yourself.`,
    );
    const content = element("div", { class: "conversation-content" });
    content.append(this.empty, this.settled, this.waitingHead, this.waiting);
    this.root = element(
      "div",
      { class: "conversation", role: "region", "aria-label": `Messages in ${room}`, tabindex: "0" },
      content,
    );
    this.keeper = new ScrollKeeper(this.root, content, (isAtEnd) => {
      if (isAtEnd) this.setUnseen(0);
    });
  }

  get unseenCount(): number {
    return this.unseen;
  }

  show(): void {
    this.root.hidden = false;
    this.keeper.restore();
  }

  hide(): void {
    this.root.hidden = true;
  }

  toEnd(): void {
    this.keeper.toEnd();
  }

  setMe(me: Person): void {
    this.me = me;
    this.waitingHead.replaceChildren(makeAvatar(me), this.makeHead(me));
  }

  /** Adds messages at the end. One's own are nothing unseen. */
  append(messages: readonly ChatMessage[]): void {
    if (messages.length === 0) return;
    const fragment = document.createDocumentFragment();
    for (const message of messages) {
      this.pending.get(message.id)?.remove();
      this.pending.delete(message.id);
      this.appendDay(fragment, message.timeMs);
      fragment.append(this.makeMessage(message));
      this.lastMessage = message;
    }
    this.grow(fragment);
    const fromOthers = messages.filter((message) => message.author.id !== this.me?.id).length;
    if (!this.keeper.isAtEnd) this.setUnseen(this.unseen + fromOthers);
  }

  /** Adds a line that is no message: who came, who went. */
  appendNotice(text: string): void {
    this.lastMessage = undefined;
    const fragment = document.createDocumentFragment();
    fragment.append(element("li", { class: "notice" }, element("span", { dir: "auto" }, text)));
    this.grow(fragment);
  }

  addPending(message: PendingMessage): void {
    const text = element("p", { class: "message-text", dir: "auto" }, message.text);
    const state = element("span", { class: "message-state" });
    const item = element("li", { class: "message message-pending" }, text, state);
    this.pending.set(message.id, item);
    this.waiting.append(item);
    this.afterPendingChange();
    this.keeper.toEnd();
  }

  /** Says what a message waits for. */
  setPendingState(isOnline: boolean): void {
    const text = isOnline ? "Sending…" : "Waiting for the connection";
    for (const item of this.pending.values()) {
      const state = item.querySelector(".message-state");
      if (state !== null && state.textContent !== text) state.textContent = text;
    }
  }

  removePending(id: string): void {
    this.pending.get(id)?.remove();
    this.pending.delete(id);
    this.afterPendingChange();
  }

  private makeMessage(message: ChatMessage): HTMLElement {
    const { author, text, timeMs } = message;
    const isOwn = author.id === this.me?.id;
    const time = element("time", { datetime: new Date(timeMs).toISOString() }, timeText(timeMs));
    time.title = fullTimeText(timeMs);
    const body = element("p", { class: "message-text", dir: "auto" }, text);
    const kind = isOwn ? " message-own" : "";
    if (this.continues(message)) {
      // The name is not drawn again, but it is read aloud.
      const name = element("span", { class: "visually-hidden" }, `${author.name}: `);
      time.className = "message-side-time";
      return element("li", { class: `message${kind}` }, name, time, body);
    }
    const head = this.makeHead(author);
    head.append(time);
    return element("li", { class: `message message-first${kind}` }, makeAvatar(author), head, body);
  }

  private makeHead(author: { readonly id: string; readonly name: string }): HTMLElement {
    const name = element("span", { class: "message-author", dir: "auto" }, author.name);
    colourAs(name, author.id);
    const head = element("div", { class: "message-head" }, name);
    if (author.id === this.me?.id) head.append(element("span", { class: "tag" }, "you"));
    return head;
  }

  private continues(message: ChatMessage): boolean {
    const before = this.lastMessage;
    return (
      before !== undefined &&
      before.author.id === message.author.id &&
      before.author.name === message.author.name &&
      message.timeMs - before.timeMs < groupMs &&
      dayOf(message.timeMs) === dayOf(before.timeMs)
    );
  }

  private appendDay(fragment: DocumentFragment, timeMs: number): void {
    const day = dayOf(timeMs);
    if (day === this.lastDay) return;
    this.lastDay = day;
    this.lastMessage = undefined;
    const label = element("span", {}, dayText(day, Date.now()));
    fragment.append(element("li", { class: "day" }, label));
  }

  private grow(fragment: DocumentFragment): void {
    const isAtEnd = this.keeper.isAtEnd;
    this.settled.append(fragment);
    while (this.settled.childElementCount > maxLines) this.settled.firstElementChild?.remove();
    this.afterPendingChange();
    if (isAtEnd) this.keeper.toEnd();
  }

  private afterPendingChange(): void {
    const hasPending = this.pending.size > 0;
    this.waiting.hidden = !hasPending;
    // Under one's own last message the name stands already.
    const isBelowOwn = this.me !== undefined && this.lastMessage?.author.id === this.me.id;
    this.waitingHead.hidden = !hasPending || isBelowOwn;
    this.empty.hidden = hasPending || this.settled.querySelector(".message") !== null;
  }

  private setUnseen(count: number): void {
    if (count === this.unseen) return;
    this.unseen = count;
    this.events.onUnseen(count);
  }
}
