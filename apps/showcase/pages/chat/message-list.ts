import type { RoomName } from "../../protocol/chat.ts";
import type { Author } from "../../protocol/chat-contract.ts";
import { element } from "../site/element.ts";
import { makeAvatar } from "./avatar.ts";
import type { ChatMessage, PendingMessage } from "./chat.ts";
import {
  makeDay,
  makeHead,
  makeMessage,
  makeNotice,
  makePending,
  showPendingState,
} from "./message-item.ts";
import { ScrollKeeper } from "./scroll-keeper.ts";
import { dayOf } from "./times.ts";

/** More would only slow the page; what is older falls off at the top, and can be loaded again. */
const maxLines = 5_000;

/** What is above the first message: older ones, those on their way, those that are not kept, or none. */
export type StartState = "more" | "loading" | "trimmed" | "begin";

const startTexts: Readonly<Record<StartState, string>> = {
  more: "",
  loading: "Loading older messages…",
  trimmed: "Older messages are not kept.",
  begin: "This is where the room begins.",
};

export interface MessageListEvents {
  /** How many messages came since the reader went up; 0 once they are back at the end. */
  onUnseen(count: number): void;
  /** The reader is close to the first message. */
  onNearStart(): void;
}

/** One room's messages: grouped by day and person, with what waits to be sent at the end. */
export class MessageList {
  readonly root: HTMLElement;
  private readonly settled: HTMLElement;
  private readonly waiting: HTMLElement;
  private readonly waitingHead: HTMLElement;
  private readonly start: HTMLElement;
  private readonly startText = element("span");
  private readonly startButton = element(
    "button",
    { class: "button button-quiet button-small", type: "button" },
    "Load older messages",
  );
  private readonly empty: HTMLElement;
  private readonly keeper: ScrollKeeper;
  private readonly events: MessageListEvents;
  private readonly pending = new Map<string, HTMLElement>();
  /** What came lately: the outbox may still have it when it is here already. */
  private readonly arrived = new Set<string>();
  private firstMessage: ChatMessage | undefined;
  private lastMessage: ChatMessage | undefined;
  private lastDay: number | undefined;
  private me: Author | undefined;
  private unseen = 0;

  constructor(room: RoomName, events: MessageListEvents) {
    this.events = events;
    // New messages are announced elsewhere: a log would read a whole history aloud.
    this.settled = element("ol", { class: "messages", "aria-label": "Messages" });
    this.waiting = element("ol", { class: "messages", "aria-label": "Waiting in the outbox" });
    this.waitingHead = element("div", { class: "message message-first message-waiting-head" });
    this.waiting.hidden = true;
    this.waitingHead.hidden = true;
    this.start = element("p", { class: "conversation-start" }, this.startText, this.startButton);
    this.startButton.addEventListener("click", () => events.onNearStart());
    this.start.hidden = true;
    this.empty = element(
      "p",
      { class: "conversation-empty" },
      `Nobody has said anything in #${room} yet. Open this page in a private window and talk to yourself.`,
    );
    const content = element("div", { class: "conversation-content" });
    content.append(this.empty, this.start, this.settled, this.waitingHead, this.waiting);
    this.root = element(
      "div",
      { class: "conversation", role: "region", "aria-label": `Messages in ${room}`, tabindex: "0" },
      content,
    );
    this.keeper = new ScrollKeeper(this.root, content, {
      onEnd: (isAtEnd) => {
        if (isAtEnd) this.setUnseen(0);
      },
      onNearStart: () => {
        if (this.firstMessage !== undefined) events.onNearStart();
      },
    });
  }

  get unseenCount(): number {
    return this.unseen;
  }

  /** The offset before which older messages are to be loaded; undefined as long as there are none. */
  get firstOffset(): number | undefined {
    return this.firstMessage?.offset;
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

  setMe(me: Author): void {
    this.me = me;
    this.waitingHead.replaceChildren(makeAvatar(me), makeHead(me, true));
  }

  /** Says what is above the first message. */
  setStart(state: StartState): void {
    this.start.dataset.state = state;
    this.startText.textContent = startTexts[state];
    this.startText.hidden = state === "more";
    this.startButton.hidden = state !== "more";
    this.start.hidden = this.firstMessage === undefined;
  }

  /** Adds a message at the end. One's own are nothing unseen. */
  append(message: ChatMessage): void {
    this.arrived.add(message.id);
    for (const oldest of this.arrived) {
      if (this.arrived.size > 1_000) this.arrived.delete(oldest);
      break;
    }
    this.pending.get(message.id)?.remove();
    this.pending.delete(message.id);
    const fragment = document.createDocumentFragment();
    const day = dayOf(message.timeMs);
    if (day !== this.lastDay) {
      this.lastDay = day;
      this.lastMessage = undefined;
      fragment.append(makeDay(message.timeMs));
    }
    fragment.append(makeMessage(message, this.lastMessage, this.isOwn(message)));
    this.firstMessage ??= message;
    this.lastMessage = message;
    this.grow(fragment);
    if (!this.keeper.isAtEnd && !this.isOwn(message)) this.setUnseen(this.unseen + 1);
  }

  /** Adds a page of older messages above; what the reader sees stays where it is. */
  prepend(messages: readonly ChatMessage[]): void {
    const fragment = document.createDocumentFragment();
    let before: ChatMessage | undefined;
    for (const message of messages) {
      if (before === undefined || dayOf(before.timeMs) !== dayOf(message.timeMs)) {
        fragment.append(makeDay(message.timeMs));
      }
      fragment.append(makeMessage(message, before, this.isOwn(message)));
      before = message;
    }
    if (before === undefined) return;
    const top = this.settled.querySelector<HTMLElement>(":scope > .day");
    this.keeper.keepPlace(() => {
      if (top?.dataset.day === String(dayOf(before.timeMs))) top.remove();
      this.settled.prepend(fragment);
    });
    this.firstMessage = messages[0];
  }

  /** Adds a line that is no message. */
  appendNotice(text: string): void {
    this.lastMessage = undefined;
    const fragment = document.createDocumentFragment();
    fragment.append(makeNotice(text));
    this.grow(fragment);
  }

  /** Shows what the outbox has for this room, in its order. */
  setPending(messages: readonly PendingMessage[]): void {
    const open = messages.filter(({ id }) => !this.arrived.has(id));
    const ids = new Set(open.map(({ id }) => id));
    for (const [id, item] of this.pending) {
      if (ids.has(id)) continue;
      item.remove();
      this.pending.delete(id);
    }
    let hasNew = false;
    for (const message of open) {
      let item = this.pending.get(message.id);
      if (item === undefined) {
        item = makePending(message);
        this.pending.set(message.id, item);
        this.waiting.append(item);
        hasNew = true;
      }
      showPendingState(item, message.state);
    }
    this.afterPendingChange();
    if (hasNew) this.keeper.toEnd();
  }

  private isOwn({ author }: ChatMessage): boolean {
    return author.id !== "" && author.id === this.me?.id;
  }

  private grow(fragment: DocumentFragment): void {
    const { isAtEnd } = this.keeper;
    this.settled.append(fragment);
    this.afterPendingChange();
    // At the end the list stays there by itself, once a frame however many messages come.
    if (isAtEnd && this.settled.childElementCount > maxLines) this.trim();
  }

  private trim(): void {
    while (this.settled.childElementCount > maxLines) {
      this.settled.firstElementChild?.remove();
      const first = this.settled.querySelector<HTMLElement>(".message");
      const offset = Number(first?.dataset.offset);
      if (this.firstMessage !== undefined) this.firstMessage = { ...this.firstMessage, offset };
    }
    this.keeper.toEnd();
  }

  private afterPendingChange(): void {
    const hasPending = this.pending.size > 0;
    this.waiting.hidden = !hasPending;
    // Under one's own last message the name stands already.
    const isBelowOwn = this.lastMessage !== undefined && this.isOwn(this.lastMessage);
    this.waitingHead.hidden = !hasPending || isBelowOwn;
    this.empty.hidden = hasPending || this.firstMessage !== undefined;
  }

  private setUnseen(count: number): void {
    if (count === this.unseen) return;
    this.unseen = count;
    this.events.onUnseen(count);
  }
}
