import { type Person, type PresenceChange, type RoomName, roomNames } from "../../protocol/chat.ts";
import { byId } from "../site/element.ts";
import { Announcer } from "./announcer.ts";
import { ChatClient, type ChatEvents } from "./chat-client.ts";
import { Composer } from "./composer.ts";
import { MessageList } from "./message-list.ts";
import { NameDialog, rememberedName } from "./name-dialog.ts";
import { PeopleList } from "./people-list.ts";
import { RoomTabs } from "./room-tabs.ts";
import { openSession } from "./session-id.ts";
import { StatusBadge } from "./status-badge.ts";
import { Typists, typingText } from "./typists.ts";

/** The line's state for a screen reader: without the seconds, which would never end. */
const spokenState = {
  open: "Connected",
  waiting: "The connection is lost. Reconnecting",
  offline: "This device is offline",
  replaced: "This chat is open in another window",
} as const;

/** The chat page: puts the parts together, and decides which one hears of what. */
async function main(): Promise<void> {
  const session = await openSession();
  const announcer = new Announcer();
  const people = new PeopleList();
  const lists = new Map<RoomName, MessageList>();
  const typingLine = byId("typing", HTMLElement);
  const pill = byId("new-messages", HTMLButtonElement);
  let you: Person | undefined;

  const typists = new Typists((ids) => {
    typingLine.textContent = typingText(ids.map((id) => people.nameOf(id) ?? "Somebody"));
  });

  for (const room of roomNames) {
    const list = new MessageList(room, {
      onUnseen: () => {
        if (client.room === room) showPill();
      },
    });
    list.hide();
    lists.set(room, list);
    byId("conversations", HTMLElement).append(list.root);
  }
  const listOf = (room: RoomName): MessageList => lists.get(room)!; // one for every name

  const events: ChatEvents = {
    onState(state) {
      badge.show(state);
      if (state.kind !== "connecting") announcer.say(spokenState[state.kind]);
      typists.clear();
      showPending();
      document.body.dataset.connection = state.kind;
    },
    onYou(person) {
      you = person;
      byId("my-name", HTMLElement).textContent = person.name;
      byId("me", HTMLElement).hidden = false;
      people.setMe(person.id);
      for (const list of lists.values()) list.setMe(person);
    },
    onMessages(room, messages, isLive) {
      listOf(room).append(messages);
      if (!isLive) return;
      for (const { author, text } of messages) {
        typists.set(author.id, false);
        if (author.id !== you?.id) announcer.say(`${author.name}: ${text}`);
      }
    },
    onNotice(room, text) {
      listOf(room).appendNotice(text);
    },
    onPeople(all) {
      people.set(all);
      showPending();
    },
    onPresence(change, person, formerName) {
      if (change === "departed") people.remove(person.id);
      else people.put(person);
      if (change === "departed" || change === "lost") typists.set(person.id, false);
      const text = presenceText(change, person, formerName);
      if (text === undefined || person.id === you?.id) return;
      listOf(client.room).appendNotice(text);
      announcer.say(text);
    },
    onTyping: (id, isTyping) => typists.set(id, isTyping),
    onPending(message) {
      listOf(message.room).addPending(message);
      showPending();
    },
    onSettled: ({ room, id }) => listOf(room).removePending(id),
    onRefused(text) {
      listOf(client.room).appendNotice(`Not sent: ${text}`);
      announcer.say(`Not sent: ${text}`);
    },
    onUnread: (room, count) => tabs.setUnread(room, count),
  };

  const client = new ChatClient({ session, name: rememberedName() ?? "", room: "general" }, events);
  const badge = new StatusBadge({
    onReconnect: () => client.connect(),
    onCut: () => client.cut(),
  });
  const composer = new Composer({
    onSend: (text) => client.write(text),
    onTyping: (isTyping) => client.setTyping(isTyping),
  });
  const tabs = new RoomTabs((room) => {
    showRoom(room);
    composer.focus();
  });
  const dialog = new NameDialog((name) => {
    client.rename(name);
    client.connect();
    composer.focus();
  });

  function showRoom(room: RoomName): void {
    listOf(client.room).hide();
    typists.clear();
    client.enter(room);
    tabs.setCurrent(room);
    composer.setRoom(room);
    byId("room-name", HTMLElement).textContent = room;
    listOf(room).show();
    showPill();
    showPending();
  }

  function showPill(): void {
    const count = listOf(client.room).unseenCount;
    pill.hidden = count === 0;
    pill.textContent = count === 1 ? "1 new message ↓" : `${count} new messages ↓`;
  }

  function showPending(): void {
    for (const list of lists.values()) list.setPendingState(client.isReady);
  }

  pill.addEventListener("click", () => {
    listOf(client.room).toEnd();
    composer.focus();
  });
  byId("rename", HTMLButtonElement).addEventListener("click", () => dialog.open(you?.name));
  setUpPeoplePanel();

  showRoom("general");
  const name = rememberedName();
  if (name === undefined) {
    dialog.open(undefined);
  } else {
    client.connect();
    composer.focus();
  }
}

/** On narrow windows the people are a panel that a button opens. */
function setUpPeoplePanel(): void {
  const panel = byId("people", HTMLElement);
  const button = byId("people-toggle", HTMLButtonElement);
  const setOpen = (isOpen: boolean): void => {
    panel.dataset.open = String(isOpen);
    button.setAttribute("aria-expanded", String(isOpen));
  };
  button.addEventListener("click", () => setOpen(panel.dataset.open !== "true"));
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || panel.dataset.open !== "true") return;
    setOpen(false);
    button.focus();
  });
  document.addEventListener("click", ({ target }) => {
    if (target instanceof Node && !panel.contains(target) && !button.contains(target)) {
      setOpen(false);
    }
  });
}

function presenceText(
  change: PresenceChange,
  person: Person,
  formerName: string | undefined,
): string | undefined {
  switch (change) {
    case "arrived":
      return `${person.name} joined`;
    case "departed":
      return `${person.name} left`;
    case "renamed":
      return `${formerName ?? "Somebody"} is now ${person.name}`;
    // Short breaks show beside the name; they are no news for the conversation.
    case "lost":
    case "returned":
      return undefined;
  }
}

void main();
