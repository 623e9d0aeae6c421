import { type ChatMessage, chatLimits, type Person, type RoomName } from "../../protocol/chat.ts";
import { TokenBucket } from "./token-bucket.ts";

/** One page over all of its connections: who it is, where, and what it has sent. */
export class Session {
  readonly personId: string;
  name: string;
  room: RoomName | undefined;
  isOnline = true;
  readonly texts: TokenBucket;
  readonly requests: TokenBucket;
  private readonly sent = new Map<string, ChatMessage>();

  constructor(personId: string, name: string, nowMs: number) {
    this.personId = personId;
    this.name = name;
    this.texts = new TokenBucket(chatLimits.burstMessages, chatLimits.messagesPerSecond, nowMs);
    this.requests = new TokenBucket(chatLimits.burstRequests, chatLimits.requestsPerSecond, nowMs);
  }

  /** In a room, and with a line: its name is taken. */
  get isPresent(): boolean {
    return this.isOnline && this.room !== undefined;
  }

  get person(): Person {
    return { id: this.personId, name: this.name, isOnline: this.isOnline };
  }

  /** The message that was taken under this id before, if one was. */
  alreadySent(id: string): ChatMessage | undefined {
    return this.sent.get(id);
  }

  remember(message: ChatMessage): void {
    this.sent.set(message.id, message);
    if (this.sent.size <= chatLimits.idsPerSession) return;
    for (const oldest of this.sent.keys()) {
      this.sent.delete(oldest);
      break;
    }
  }
}
