import type { Author } from "../../protocol/chat-contract.ts";
import { element } from "../site/element.ts";
import { colourAs, makeAvatar } from "./avatar.ts";
import type { ChatMessage, PendingMessage } from "./chat.ts";
import { dayOf, dayText, fullTimeText, timeText } from "./times.ts";

/** Messages of one person within this time stand under one name. */
const groupMs = 5 * 60_000;

/** What a message of the outbox waits for. */
const pendingTexts = { sent: "Sending…", waiting: "Waiting" } as const;

/** One message, with its author's name unless it stands under `before`'s. */
export function makeMessage(
  message: ChatMessage,
  before: ChatMessage | undefined,
  isOwn: boolean,
): HTMLElement {
  const { author, text, timeMs, offset } = message;
  const time = element("time", { datetime: new Date(timeMs).toISOString() }, timeText(timeMs));
  time.title = `${fullTimeText(timeMs)}, offset ${offset}`;
  const body = element("p", { class: "message-text", dir: "auto" }, text);
  const kind = isOwn ? " message-own" : "";
  const attributes = { class: `message${kind}`, "data-offset": String(offset) };
  if (continues(message, before)) {
    // The name is not drawn again, but it is read aloud.
    const name = element("span", { class: "visually-hidden" }, `${author.name}: `);
    time.className = "message-side-time";
    return element("li", attributes, name, time, body);
  }
  const head = makeHead(author, isOwn);
  head.append(time);
  const first = { ...attributes, class: `message message-first${kind}` };
  return element("li", first, makeAvatar(author), head, body);
}

export function makeHead(author: Author, isOwn: boolean): HTMLElement {
  const name = element("span", { class: "message-author", dir: "auto" }, author.name);
  colourAs(name, author.id);
  const head = element("div", { class: "message-head" }, name);
  if (isOwn) head.append(element("span", { class: "tag" }, "you"));
  if (author.isBot === true) head.append(element("span", { class: "tag" }, "program"));
  return head;
}

/** A message that is not on the log yet, as far as is known. */
export function makePending({ text }: PendingMessage): HTMLElement {
  const body = element("p", { class: "message-text", dir: "auto" }, text);
  return element(
    "li",
    { class: "message message-pending" },
    body,
    element("span", { class: "message-state" }),
  );
}

export function showPendingState(item: HTMLElement, state: PendingMessage["state"]): void {
  const shown = item.querySelector(".message-state");
  const text = pendingTexts[state];
  if (shown !== null && shown.textContent !== text) shown.textContent = text;
}

/** The line above the first message of a day. */
export function makeDay(timeMs: number): HTMLElement {
  const day = dayOf(timeMs);
  const label = element("span", {}, dayText(day, Date.now()));
  return element("li", { class: "day", "data-day": String(day) }, label);
}

/** A line that is no message: who came, who went, what is missing. */
export function makeNotice(text: string): HTMLElement {
  return element("li", { class: "notice" }, element("span", { dir: "auto" }, text));
}

function continues(message: ChatMessage, before: ChatMessage | undefined): boolean {
  return (
    before !== undefined &&
    before.author.id === message.author.id &&
    before.author.name === message.author.name &&
    message.timeMs - before.timeMs < groupMs &&
    dayOf(message.timeMs) === dayOf(before.timeMs)
  );
}
