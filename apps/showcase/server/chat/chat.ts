import {
  type ChatErrorCode,
  type ChatMessage,
  type ClientMessage,
  chatErrors,
  chatLimits,
  type Person,
  type PresenceChange,
  type RoomName,
  roomNames,
  type ServerMessage,
} from "../../protocol/chat.ts";
import { Room } from "./room.ts";
import type { Session } from "./session.ts";
import { SessionTable } from "./session-table.ts";

/** A page's connection, as far as the chat knows it. */
export interface Line {
  send(message: ServerMessage): void;
  /** Receives what is published to the topic from now on. */
  subscribe(topic: string): void;
  unsubscribe(topic: string): void;
  /** Goodbye, for good: the page came back over another line. */
  replace(): void;
  /** Cuts it at once, without a goodbye. */
  cut(): void;
}

/** What the chat needs of the world. */
export interface ChatWorld {
  publish(topic: string, message: ServerMessage, except?: Line): void;
  nowMs(): number;
  /** Names this run of the chat. */
  makeEpoch(): string;
  /** One way, and the same in every run: people keep their colour when the server restarts. */
  publicId(secret: string): string;
  /** Runs `work` after the time; the result cancels it. */
  after(delayMs: number, work: () => void): () => void;
}

/** How long the others are not told that a line broke for good: most come back by then. */
export const departureGraceMs = 5_000;

const activityTopic = "activity";

type RequestOf<Type extends ClientMessage["type"]> = Extract<ClientMessage, { type: Type }>;

/** The chat itself: rooms, people, and what happens on each message of a page. */
export class Chat {
  private readonly world: ChatWorld;
  private readonly epoch: string;
  private readonly rooms: ReadonlyMap<RoomName, Room>;
  private readonly sessions: SessionTable;
  /** Who is in each room, those included whom we wait for. */
  private readonly people = new Map<RoomName, Set<Session>>();
  private readonly sessionOf = new Map<Line, Session>();
  private readonly lineOf = new Map<Session, Line>();
  private readonly departures = new Map<Session, () => void>();

  constructor(world: ChatWorld) {
    this.world = world;
    this.epoch = world.makeEpoch();
    this.sessions = new SessionTable(chatLimits.sessions, (secret) => world.publicId(secret));
    this.rooms = new Map(roomNames.map((name) => [name, new Room(name)]));
    for (const name of roomNames) this.people.set(name, new Set());
  }

  receive(line: Line, message: ClientMessage): void {
    const session = this.sessionOf.get(line);
    if (session === undefined) {
      if (message.type === "hello") this.hello(line, message);
      else refuse(line, "HELLO_FIRST");
      return;
    }
    if (message.type === "send") {
      this.take(line, session, message);
      return;
    }
    const retryAfterMs = session.requests.take(this.world.nowMs());
    if (retryAfterMs > 0) {
      refuse(line, "RATE_LIMITED", { retryAfterMs });
      return;
    }
    switch (message.type) {
      case "hello":
        refuse(line, "HELLO_TWICE");
        break;
      case "rename":
        this.rename(line, session, message.name);
        break;
      case "join":
        this.join(line, session, message);
        break;
      case "typing":
        this.type(line, session, message.isTyping);
        break;
      case "probe":
        line.send({ type: "alive" });
        break;
      case "cut":
        line.cut();
        break;
    }
  }

  /** The connection is gone; its person may still come back. */
  lost(line: Line): void {
    const session = this.sessionOf.get(line);
    this.sessionOf.delete(line);
    if (session === undefined || this.lineOf.get(session) !== line) return;
    this.lineOf.delete(session);
    if (session.room === undefined) return;
    session.isOnline = false;
    this.tell(session.room, "lost", session.person);
    const cancel = this.world.after(departureGraceMs, () => {
      this.departures.delete(session);
      this.leave(session);
    });
    this.departures.set(session, cancel);
  }

  /** Lets go of every timer. */
  close(): void {
    for (const cancel of this.departures.values()) cancel();
    this.departures.clear();
  }

  private hello(line: Line, { session: secret, name }: RequestOf<"hello">): void {
    const session = this.sessions.open(secret, name, this.world.nowMs());
    const former = this.lineOf.get(session);
    this.sessionOf.set(line, session);
    this.lineOf.set(session, line);
    former?.replace();
    this.departures.get(session)?.();
    this.departures.delete(session);
    const isBack = !session.isOnline && session.room !== undefined;
    session.isOnline = true;
    if (isBack && session.room !== undefined) this.tell(session.room, "returned", session.person);
    session.name = this.sessions.freeName(name, session, chatLimits.nameLength);
    line.subscribe(activityTopic);
    line.send({
      type: "welcome",
      you: session.person,
      epoch: this.epoch,
      lastSeqs: this.lastSeqs(),
    });
  }

  private rename(line: Line, session: Session, wanted: string): void {
    const formerName = session.name;
    session.name = this.sessions.freeName(wanted, session, chatLimits.nameLength);
    line.send({
      type: "welcome",
      you: session.person,
      epoch: this.epoch,
      lastSeqs: this.lastSeqs(),
    });
    if (session.room === undefined || session.name === formerName) return;
    this.tell(session.room, "renamed", session.person, formerName);
  }

  private join(line: Line, session: Session, request: RequestOf<"join">): void {
    if (session.room !== undefined && session.room !== request.room) {
      line.unsubscribe(session.room);
      this.leave(session);
    }
    const room = this.roomNamed(request.room);
    const people = this.peopleIn(request.room);
    const isNew = !people.has(session);
    session.room = request.room;
    people.add(session);
    if (isNew) this.tell(request.room, "arrived", session.person, undefined, line);
    line.subscribe(request.room);
    // Numbers of another run of the server say nothing about this one.
    const missed = room.since(request.epoch === this.epoch ? request.after : undefined);
    line.send({
      type: "joined",
      room: request.room,
      epoch: this.epoch,
      ...missed,
      people: [...people].map((each) => each.person),
    });
  }

  /** Takes a text once, however often it comes, and acknowledges it each time. */
  private take(line: Line, session: Session, { room, id, text }: RequestOf<"send">): void {
    const known = session.alreadySent(id);
    if (known !== undefined) {
      line.send({ type: "accepted", message: known });
      return;
    }
    const timeMs = this.world.nowMs();
    const retryAfterMs = session.texts.take(timeMs);
    if (retryAfterMs > 0) {
      refuse(line, "RATE_LIMITED", { id, retryAfterMs });
      return;
    }
    const author = { id: session.personId, name: session.name };
    const message: ChatMessage = this.roomNamed(room).append({ id, author, text, timeMs });
    session.remember(message);
    line.send({ type: "accepted", message });
    this.world.publish(room, { type: "message", message }, line);
    this.world.publish(activityTopic, { type: "activity", room, seq: message.seq }, line);
  }

  private type(line: Line, session: Session, isTyping: boolean): void {
    const { room } = session;
    if (room === undefined) return;
    this.world.publish(room, { type: "typing", room, person: session.personId, isTyping }, line);
  }

  private leave(session: Session): void {
    const { room } = session;
    if (room === undefined) return;
    session.room = undefined;
    this.peopleIn(room).delete(session);
    this.tell(room, "departed", session.person);
  }

  private tell(
    room: RoomName,
    change: PresenceChange,
    person: Person,
    formerName?: string,
    except?: Line,
  ): void {
    const former = formerName === undefined ? {} : { formerName };
    this.world.publish(room, { type: "presence", room, change, person, ...former }, except);
  }

  private lastSeqs(): Record<RoomName, number> {
    return {
      general: this.roomNamed("general").lastSeq,
      random: this.roomNamed("random").lastSeq,
      help: this.roomNamed("help").lastSeq,
    };
  }

  private roomNamed(name: RoomName): Room {
    return this.rooms.get(name)!; // there is one for every name
  }

  private peopleIn(name: RoomName): Set<Session> {
    return this.people.get(name)!; // there is one for every name
  }
}

/** Says what was wrong; the connection goes on. */
export function refuse(
  line: Pick<Line, "send">,
  code: ChatErrorCode,
  details: { field?: string; id?: string; retryAfterMs?: number } = {},
): void {
  const { field, id, retryAfterMs } = details;
  line.send({
    type: "error",
    code,
    message: field === undefined ? chatErrors[code] : `${field}: ${chatErrors[code]}`,
    ...(id === undefined ? {} : { id }),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  });
}
