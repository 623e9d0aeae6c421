import {
  type ChatMessage,
  type Person,
  type PresenceChange,
  type RoomName,
  roomNames,
  type ServerMessage,
} from "../../protocol/chat.ts";
import { Connection, type ConnectionState } from "./connection.ts";
import { Outbox, type PendingMessage } from "./outbox.ts";
import { randomId } from "./random-id.ts";
import { Timeline } from "./timeline.ts";

/** What the page shows of the chat. */
export interface ChatEvents {
  onState(state: ConnectionState): void;
  onYou(you: Person): void;
  /** New ones, in order, each once. `isLive` is false for what was there before. */
  onMessages(room: RoomName, messages: readonly ChatMessage[], isLive: boolean): void;
  onNotice(room: RoomName, text: string): void;
  onPeople(people: readonly Person[]): void;
  onPresence(change: PresenceChange, person: Person, formerName: string | undefined): void;
  onTyping(personId: string, isTyping: boolean): void;
  onPending(message: PendingMessage): void;
  /** The message waits no longer; unless it was refused, it came with `onMessages`. */
  onSettled(message: { readonly room: RoomName; readonly id: string }): void;
  onRefused(text: string): void;
  /** How many messages another room has that were not seen. */
  onUnread(room: RoomName, count: number): void;
}

export interface ChatClientOptions {
  readonly session: string;
  readonly name: string;
  readonly room: RoomName;
}

/** The chat as one page sees it: over all connections, nothing twice and nothing missed. */
export class ChatClient {
  private readonly events: ChatEvents;
  private readonly session: string;
  private name: string;
  private currentRoom: RoomName;
  private isJoined = false;
  private readonly connection: Connection;
  private readonly outbox = new Outbox();
  private readonly timelines = new Map<RoomName, Timeline>();
  /** The last number that each room is known to have, and up to where it was unread before. */
  private readonly heads = new Map<RoomName, number>();
  private readonly seen = new Map<RoomName, number>();
  private epoch: string | undefined;
  private retry: ReturnType<typeof setTimeout> | undefined;

  constructor(options: ChatClientOptions, events: ChatEvents) {
    this.events = events;
    this.session = options.session;
    this.name = options.name;
    this.currentRoom = options.room;
    for (const room of roomNames) this.timelines.set(room, new Timeline());
    this.connection = new Connection({
      onState: (state) => this.stateChanged(state),
      onMessage: (message) => this.receive(message),
    });
  }

  get room(): RoomName {
    return this.currentRoom;
  }

  /** Whether this page is in its room, with all that it missed. */
  get isReady(): boolean {
    return this.isJoined;
  }

  connect(): void {
    this.connection.connect();
  }

  cut(): void {
    this.connection.send({ type: "cut" });
  }

  rename(name: string): void {
    this.name = name;
    this.connection.send({ type: "rename", name });
  }

  enter(room: RoomName): void {
    if (room === this.currentRoom) return;
    this.currentRoom = room;
    this.isJoined = false;
    this.events.onUnread(room, 0);
    if (this.epoch !== undefined) this.join();
  }

  /** Writes to the current room: now, or when the line is back. */
  write(text: string): void {
    const message: PendingMessage = { id: randomId(), room: this.currentRoom, text };
    this.outbox.add(message);
    this.events.onPending(message);
    this.flush();
  }

  setTyping(isTyping: boolean): void {
    if (this.isJoined) this.connection.send({ type: "typing", isTyping });
  }

  private stateChanged(state: ConnectionState): void {
    this.isJoined = false;
    clearTimeout(this.retry);
    this.outbox.putAllBack();
    this.events.onState(state);
    if (state.kind === "open") {
      this.connection.send({ type: "hello", session: this.session, name: this.name });
    }
  }

  private receive(message: ServerMessage): void {
    switch (message.type) {
      case "welcome":
        this.welcomed(message);
        break;
      case "joined":
        this.joined(message);
        break;
      case "message":
        this.take(message.message);
        break;
      case "accepted":
        this.accepted(message.message);
        break;
      case "activity":
        this.heads.set(message.room, message.seq);
        this.countUnread(message.room);
        break;
      case "presence":
        if (message.room !== this.currentRoom) break;
        this.events.onPresence(message.change, message.person, message.formerName);
        break;
      case "typing":
        if (message.room !== this.currentRoom) break;
        this.events.onTyping(message.person, message.isTyping);
        break;
      case "error":
        this.refused(message);
        break;
      case "alive":
        break;
    }
  }

  private welcomed(message: Extract<ServerMessage, { type: "welcome" }>): void {
    const isOther = this.epoch !== message.epoch;
    this.epoch = message.epoch;
    for (const room of roomNames) {
      const seq = message.lastSeqs[room];
      this.heads.set(room, seq);
      // What was said before this page came, or before the server's new start, is no news.
      if (isOther) this.seen.set(room, seq);
      this.countUnread(room);
    }
    this.events.onYou(message.you);
    if (!this.isJoined) this.join();
  }

  private join(): void {
    const position = this.timelineOf(this.currentRoom).position;
    this.connection.send({ type: "join", room: this.currentRoom, ...position });
  }

  private joined(message: Extract<ServerMessage, { type: "joined" }>): void {
    const { room, epoch, messages } = message;
    if (room !== this.currentRoom) return;
    const timeline = this.timelineOf(room);
    if (timeline.resume(epoch)) {
      this.events.onNotice(room, "The server started anew. It keeps no messages from before.");
    }
    if (message.hasGap) {
      this.events.onNotice(room, "Some messages in between are no longer kept.");
    }
    const fresh = timeline.takeMissed(messages);
    this.isJoined = true;
    this.events.onPeople(message.people);
    this.events.onMessages(room, fresh, false);
    for (const each of messages) this.settle(each);
    this.markSeen(room);
    this.flush();
  }

  private take(message: ChatMessage): void {
    if (message.room !== this.currentRoom || !this.isJoined) return;
    const arrival = this.timelineOf(message.room).take(message);
    if (arrival === "next") {
      this.events.onMessages(message.room, [message], true);
      this.markSeen(message.room);
    } else if (arrival === "gap") {
      // Cannot be, on a line that keeps order; should it, joining again fills the gap.
      this.isJoined = false;
      this.join();
    }
  }

  private accepted(message: ChatMessage): void {
    // In a room that was left meanwhile, the next join brings it.
    this.take(message);
    this.settle(message);
    this.flush();
  }

  private settle(message: ChatMessage): void {
    if (this.outbox.settle(message.id)) this.events.onSettled(message);
  }

  private refused(error: Extract<ServerMessage, { type: "error" }>): void {
    const { id, code } = error;
    if (code === "RATE_LIMITED") {
      if (id !== undefined) this.outbox.putBack(id);
      clearTimeout(this.retry);
      this.retry = setTimeout(() => this.resume(), error.retryAfterMs ?? 1_000);
      return;
    }
    if (id !== undefined && this.outbox.settle(id)) {
      this.events.onSettled({ room: this.currentRoom, id });
    }
    this.events.onRefused(error.message);
  }

  private resume(): void {
    if (!this.isJoined) this.join();
    else this.flush();
  }

  private flush(): void {
    if (!this.isJoined) return;
    for (const { id, room, text } of this.outbox.takeNext()) {
      this.connection.send({ type: "send", id, room, text });
    }
  }

  private markSeen(room: RoomName): void {
    const { lastSeq } = this.timelineOf(room);
    this.seen.set(room, lastSeq);
    this.heads.set(room, Math.max(lastSeq, this.heads.get(room) ?? 0));
  }

  private countUnread(room: RoomName): void {
    const head = this.heads.get(room) ?? 0;
    const count = room === this.currentRoom ? 0 : head - (this.seen.get(room) ?? 0);
    this.events.onUnread(room, Math.max(0, count));
  }

  private timelineOf(room: RoomName): Timeline {
    return this.timelines.get(room)!; // there is one for every name
  }
}
