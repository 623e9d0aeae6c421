import type { ConnectionState } from "@openline/client/channels";
import { pageSize, type RoomName, roomNames } from "../../protocol/chat.ts";
import type { Author, PeopleChange } from "../../protocol/chat-contract.ts";
import { byId } from "../site/element.ts";
import { Announcer } from "./announcer.ts";
import { Chat, type ChatEvents, type ChatMessage } from "./chat.ts";
import { Composer } from "./composer.ts";
import { openIdentity } from "./identity.ts";
import { LedgerView } from "./ledger-view.ts";
import { NameDialog, rememberedName } from "./name-dialog.ts";
import { PeopleList } from "./people-list.ts";
import { RoomTabs } from "./room-tabs.ts";
import { RoomView } from "./room-view.ts";
import { setUpSidePanel } from "./side-panel.ts";
import { StatusBadge } from "./status-badge.ts";
import { Supervisor } from "./supervisor.ts";
import { TroublePanel } from "./trouble-panel.ts";
import { Typists, typingText } from "./typists.ts";

/** The line's state for a screen reader: without the seconds, which would never end. */
const spokenState: Readonly<Partial<Record<ConnectionState["state"], string>>> = {
  connected: "Connected",
  waiting: "The connection is lost. Reconnecting",
  offline: "This device is offline",
  closed: "The connection was closed",
};

/** The chat page: puts the parts together, and decides which one hears of what. */
function main(): void {
  const openedAtMs = Date.now();
  const announcer = new Announcer();
  const people = new PeopleList();
  const ledger = new LedgerView();
  const typingLine = byId("typing", HTMLElement);
  const pill = byId("new-messages", HTMLButtonElement);
  const names = new Map<string, string>();
  let you: Author | undefined;
  let current: RoomName = "general";
  let spoken = "";

  const typists = new Typists((ids) => {
    typingLine.textContent = typingText(ids.map((id) => names.get(id) ?? "Somebody"));
  });

  const events: ChatEvents = {
    onConnection(state) {
      badge.show(state);
      const words = spokenState[state.state];
      // Each attempt that fails says the same again.
      if (words !== undefined && words !== spoken) announcer.say(words);
      spoken = words ?? spoken;
      if (state.state !== "connected") {
        typists.clear();
        people.setCurrent(false);
      }
      document.body.dataset.connection = state.state;
    },
    onYou(author) {
      you = author;
      byId("my-name", HTMLElement).textContent = author.name;
      byId("me", HTMLElement).hidden = false;
      people.setMe(author.id);
      for (const view of views.values()) view.list.setMe(author);
    },
    onMessage(message) {
      const view = viewOf(message.room);
      view.take(message);
      if (message.room === current) {
        view.markSeen();
        ledger.showAccount(view.ledger.account);
        typists.set(message.author.id, false);
        if (message.timeMs >= openedAtMs && message.author.id !== you?.id) announce(message);
      } else tabs.setUnread(message.room, view.countUnread(openedAtMs));
    },
    onGap(room, { reason, from, to }) {
      const count = from === null || to === null ? "Some" : String(to - from + 1);
      viewOf(room).list.appendNotice(`${count} messages are not kept any more (${reason}).`);
    },
    onPeople(now) {
      const { change } = now;
      // A server that was started again finds everybody joining; who was seen before has not been away.
      const isNews = change?.kind !== "joined" || !people.has(change.person.id);
      people.set(now);
      people.setCurrent(true);
      for (const { id, name } of now.people) names.set(id, name);
      if (change === null || change.person.id === you?.id || !isNews) return;
      if (change.kind === "left") typists.set(change.person.id, false);
      const text = changeText(change);
      viewOf(now.room).list.appendNotice(text);
      announcer.say(text);
    },
    onTyping(author, isTyping) {
      if (author.id === you?.id) return;
      names.set(author.id, author.name);
      typists.set(author.id, isTyping);
    },
    onOutbox(pending) {
      for (const [room, view] of views) {
        view.list.setPending(pending.filter((each) => each.room === room));
      }
      const sent = pending.filter(({ state }) => state === "sent").length;
      ledger.showOutbox({ waiting: pending.length - sent, sent });
    },
    onRefused(room, text) {
      viewOf(room).list.appendNotice(`Refused: ${text}`);
      announcer.say(`Refused: ${text}`);
    },
  };

  const chat = new Chat(openIdentity(), rememberedName() ?? "", events);
  const views = new Map<RoomName, RoomView>();
  const viewOf = (room: RoomName): RoomView => views.get(room)!; // one for every name
  for (const room of roomNames) {
    const view = new RoomView(room, pageSize, {
      older: (before) => chat.older(room, before),
      onUnseen: () => {
        if (room === current) showPill();
      },
      onAccount: (account) => {
        if (room === current) ledger.showAccount(account);
      },
    });
    views.set(room, view);
    view.list.hide();
    byId("conversations", HTMLElement).append(view.list.root);
  }
  const badge = new StatusBadge({ onTryNow: () => chat.tryNow(), onCut: () => chat.cut() });
  const composer = new Composer({
    onSend: (text) => void chat.write(current, text),
    onTyping: (isTyping) => chat.setTyping(isTyping),
  });
  const tabs = new RoomTabs((room) => {
    showRoom(room);
    composer.focus();
  });
  const dialog = new NameDialog((name) => {
    chat.rename(name);
    if (you === undefined) chat.connect();
    composer.focus();
  });
  const trouble = new TroublePanel({
    write: (text) => chat.write(current, text),
    announce: (text) => announcer.say(text),
  });
  void Supervisor.find().then((found) => found && trouble.supervisedBy(found));

  function announce({ author, text }: ChatMessage): void {
    announcer.say(`${author.name}: ${text}`);
  }

  function showRoom(room: RoomName): void {
    viewOf(current).list.hide();
    current = room;
    const view = viewOf(room);
    typists.clear();
    people.set({ people: [], count: 0 });
    chat.enter(room);
    tabs.setCurrent(room);
    tabs.setUnread(room, 0);
    composer.setRoom(room);
    byId("room-name", HTMLElement).textContent = room;
    view.list.show();
    view.markSeen();
    ledger.showAccount(view.ledger.account);
    showPill();
  }

  function showPill(): void {
    const count = viewOf(current).list.unseenCount;
    pill.hidden = count === 0;
    pill.textContent = count === 1 ? "1 new message ↓" : `${count} new messages ↓`;
  }

  pill.addEventListener("click", () => {
    viewOf(current).list.toEnd();
    composer.focus();
  });
  byId("rename", HTMLButtonElement).addEventListener("click", () => dialog.open(you?.name));
  setUpSidePanel();

  showRoom("general");
  if (rememberedName() === undefined) {
    dialog.open(undefined);
  } else {
    chat.connect();
    composer.focus();
  }
}

function changeText({ kind, person, formerName }: PeopleChange): string {
  if (kind === "joined") return `${person.name} joined`;
  if (kind === "left") return `${person.name} left`;
  return `${formerName ?? "Somebody"} is now ${person.name}`;
}

main();
