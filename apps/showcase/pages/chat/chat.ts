import {
  type Channel,
  type Client,
  type ConnectionState,
  createClient,
  type Gap,
  indexedDB,
  type OutboxEntry,
} from "@openline/client/channels";
import { pageSize, type RoomName, roomNames } from "../../protocol/chat.ts";
import type { Author, ChatContract, People } from "../../protocol/chat-contract.ts";

/** A message as the page shows it. */
export interface ChatMessage {
  readonly room: RoomName;
  /** Its place in the room: 1, 2, 3 … without holes. */
  readonly offset: number;
  readonly id: string;
  readonly author: Author;
  readonly text: string;
  readonly timeMs: number;
}

/** A message that was written here and is not known to be on the log. */
export interface PendingMessage {
  readonly room: RoomName;
  readonly id: string;
  readonly text: string;
  readonly state: OutboxEntry["state"];
}

/** What the page shows of the chat. */
export interface ChatEvents {
  onConnection(state: ConnectionState): void;
  onYou(you: Author): void;
  /** A channel's messages, in order, each once. */
  onMessage(message: ChatMessage): void;
  onGap(room: RoomName, gap: Gap): void;
  onPeople(people: People): void;
  onTyping(author: Author, isTyping: boolean): void;
  onOutbox(pending: readonly PendingMessage[]): void;
  onRefused(room: RoomName, text: string): void;
}

type MessageChannel = Channel<{ message: { input: { text: string }; output: Sent } }>;

interface Sent {
  readonly text: string;
  readonly author?: Author | undefined;
}

const nobody: Author = { id: "", name: "Somebody" };

/** The chat as one page has it: a durable channel of each room, and the live one of the room shown. */
export class Chat {
  private readonly client: Client<ChatContract>;
  private readonly events: ChatEvents;
  private readonly channels = new Map<RoomName, MessageChannel>();
  private name: string;
  private live: { readonly room: RoomName; leave(): void } | null = null;
  private sayTyping: (isTyping: boolean) => void = () => {};

  constructor(secret: string, name: string, events: ChatEvents) {
    this.events = events;
    this.name = name;
    this.client = createClient<ChatContract>({
      auth: (send: (auth: object) => void) => send({ secret, name: this.name }),
      persist: indexedDB(),
      autoConnect: false,
      transports: ["websocket", "polling"],
    });
    for (const room of roomNames) this.channels.set(room, this.openChannel(room));
    const { connection, outbox, socket } = this.client;
    connection.subscribe((state) => events.onConnection(state));
    outbox.subscribe((entries) => events.onOutbox(entries.flatMap(toPending)));
    socket.on("you", (you: Author) => events.onYou(you));
    socket.on("people", (people: People) => {
      if (people.room === this.live?.room) events.onPeople(people);
    });
  }

  get connection(): ConnectionState {
    return this.client.connection.get();
  }

  connect(): void {
    this.client.socket.connect();
  }

  /** Makes the attempt now that is waited for. */
  tryNow(): void {
    this.client.retry();
  }

  cut(): void {
    this.client.socket.emit("cut");
  }

  rename(name: string): void {
    this.name = name;
    if (this.client.socket.connected) this.client.socket.emit("rename", name, () => {});
  }

  /** Is seen in this room, and sees who else is there. */
  enter(room: RoomName): void {
    if (this.live?.room === room) return;
    this.live?.leave();
    const channel = this.client.channel(`live:${room}`, { from: "now" });
    channel.on("typing", ({ isTyping, author = nobody }) => {
      if (this.live?.room === room) this.events.onTyping(author, isTyping);
    });
    this.live = { room, leave: () => channel.leave() };
    this.sayTyping = (isTyping) => channel.emit("typing", { isTyping });
  }

  /** At most once, and only to who is there. */
  setTyping(isTyping: boolean): void {
    this.sayTyping(isTyping);
  }

  /** Writes: now, or when the line is back. Resolves to its offset; null if it was refused for good. */
  async write(room: RoomName, text: string): Promise<number | null> {
    try {
      return (await this.channelOf(room).publish("message", { text })).offset;
    } catch (error) {
      this.events.onRefused(room, error instanceof Error ? error.message : String(error));
      return null;
    }
  }

  /** The page of messages before an offset, the oldest first; fewer than a page are all there are. */
  async older(room: RoomName, before: number): Promise<readonly ChatMessage[]> {
    const { messages } = await this.channelOf(room).history({ before, limit: pageSize });
    return messages.flatMap((message) => toMessage(room, message));
  }

  private openChannel(room: RoomName): MessageChannel {
    const channel = this.client.channel(`chat:${room}`, { from: "now", last: pageSize });
    channel.on("message", (_data, message) => {
      for (const each of toMessage(room, message)) this.events.onMessage(each);
    });
    channel.on("gap", (gap) => this.events.onGap(room, gap));
    channel.on("error", ({ message }) => this.events.onRefused(room, message));
    return channel;
  }

  private channelOf(room: RoomName): MessageChannel {
    return this.channels.get(room)!; // there is one for every name
  }
}

/** An array, for what may be none: only messages of the log have a place. */
function toMessage(
  room: RoomName,
  given: {
    readonly offset: number | null;
    readonly id: string | null;
    readonly timeMs: number | null;
    readonly data: Sent;
  },
): ChatMessage[] {
  const { offset, id, timeMs, data } = given;
  if (offset === null) return [];
  const { text, author = nobody } = data;
  return [{ room, offset, id: id ?? `${room} ${offset}`, author, text, timeMs: timeMs ?? 0 }];
}

function toPending({ id, room, args, state }: OutboxEntry): PendingMessage[] {
  const name = roomNames.find((each) => `chat:${each}` === room);
  const text = (args[0] as Partial<Sent> | undefined)?.text;
  return name === undefined || text === undefined ? [] : [{ id, room: name, text, state }];
}
