import type { Server, Socket } from "openline";
import { chatLimits, type RoomName, roomNames } from "../../protocol/chat.ts";
import type { Author, PeopleChange } from "../../protocol/chat-contract.ts";
import { cleanName, freeName } from "./names.ts";
import { roomOf } from "./room-names.ts";
import { Roster } from "./roster.ts";

/** Who has lost the line is awaited for so long: most come back by then. */
const awayGraceMs = 10_000;

/** Reasons of disconnects that are not the client's will. */
const lossReasons: ReadonlySet<string> = new Set([
  "transport close",
  "transport error",
  "ping timeout",
  "forced close",
]);

/** Who looks at which room, under which name; everybody in a room is told of each change. */
export class Company {
  private readonly io: Server;
  private readonly rosters: ReadonlyMap<RoomName, Roster>;
  /** Of everybody who is there, or was. */
  private readonly authors = new Map<string, Author>();

  constructor(io: unknown) {
    this.io = io as Server; // its own events are said by hand below
    this.rosters = new Map(roomNames.map((room) => [room, this.makeRoster(room)]));
    const { adapter } = this.io.of("/");
    adapter.on("join-room", (room: string, id: string) => {
      const socket = this.io.sockets.sockets.get(id);
      // One that resumes is in its rooms before it arrives.
      if (socket !== undefined && this.authors.has(personIdOf(socket))) this.entered(socket, room);
    });
    adapter.on("leave-room", (room: string, id: string) => {
      const socket = this.io.sockets.sockets.get(id);
      const roster = this.rosterOf(room);
      if (socket !== undefined) roster?.leave(personIdOf(socket), id);
    });
  }

  /** A socket that resumes is in its rooms already. */
  arrived(given: unknown): void {
    const socket = given as Socket;
    const id = personIdOf(socket);
    const { claims = {} } = socket.principal ?? {};
    // Who is here in another window, or lost the line, may have taken another name meanwhile.
    if (this.authors.has(id)) this.rename(socket, String(claims.name));
    else this.setName(id, String(claims.name), claims.isBot === true);
    socket.emit("you", this.authorOf(socket));
    for (const room of socket.rooms) this.entered(socket, room);
  }

  departing(given: unknown, reason: string): void {
    const socket = given as Socket;
    // A connection that only looked alive ends after its client has come back by another one.
    if (this.io.sockets.sockets.get(socket.id) !== socket) return;
    const isLost = lossReasons.has(reason);
    for (const room of socket.rooms) {
      const roster = this.rosterOf(room);
      if (isLost) roster?.lose(personIdOf(socket), socket.id);
      else roster?.leave(personIdOf(socket), socket.id);
    }
    this.forget(personIdOf(socket), socket);
  }

  authorOf(given: unknown): Author {
    return this.author(personIdOf(given as Socket));
  }

  /** Takes another name if it is one; returns the name that the person has now. */
  rename(given: unknown, wanted: string): Author {
    const socket = given as Socket;
    const id = personIdOf(socket);
    const former = this.author(id);
    const name = cleanName(wanted);
    if (name === undefined) return former;
    const person = this.setName(id, name, former.isBot === true);
    if (person.name === former.name) return person;
    // In their other windows, too.
    for (const each of this.io.sockets.sockets.values()) {
      if (personIdOf(each) === id) each.emit("you", person);
    }
    for (const [room, roster] of this.rosters) {
      if (!roster.has(id)) continue;
      this.tell(room, { kind: "renamed", person, formerName: former.name });
    }
    return person;
  }

  close(): void {
    for (const roster of this.rosters.values()) roster.close();
  }

  private entered(socket: Socket, room: string): void {
    const roster = this.rosterOf(room);
    if (roster === undefined) return;
    roster.enter(personIdOf(socket), socket.id);
    // Whatever has changed: it does not know who was there before.
    const name = roomOf(room, "live:")!; // it has a roster
    socket.emit("people", this.snapshot(name, null));
  }

  private makeRoster(room: RoomName): Roster {
    return new Roster(
      {
        nowMs: () => performance.now(),
        after(delayMs, work) {
          const timer = setTimeout(work, delayMs);
          return () => clearTimeout(timer);
        },
        changed: (change) =>
          this.tell(room, change && { kind: change.kind, person: this.author(change.personId) }),
      },
      awayGraceMs,
    );
  }

  private tell(room: RoomName, change: PeopleChange | null): void {
    const snapshot = this.snapshot(room, change);
    for (const id of this.io.of("/").adapter.rooms.get(`live:${room}`) ?? []) {
      this.io.sockets.sockets.get(id)?.emit("people", snapshot);
    }
    if (change?.kind === "left") this.forget(change.person.id);
  }

  /** Lets go of who is nowhere any more, not counting a socket that is about to end. */
  private forget(id: string, ending?: Socket): void {
    const isInRoom = [...this.rosters.values()].some((roster) => roster.has(id));
    if (isInRoom) return;
    for (const socket of this.io.sockets.sockets.values()) {
      if (socket !== ending && personIdOf(socket) === id) return;
    }
    this.authors.delete(id);
  }

  private snapshot(room: RoomName, change: PeopleChange | null): unknown {
    const members = this.rosters.get(room)?.members ?? [];
    const nowMs = performance.now();
    return {
      room,
      change,
      count: members.length,
      people: members.slice(0, chatLimits.peopleListed).map((member) => ({
        ...this.author(member.personId),
        windows: member.sockets.size,
        awayForMs: member.awaySinceMs === null ? null : Math.round(nowMs - member.awaySinceMs),
      })),
    };
  }

  private author(id: string): Author {
    return this.authors.get(id) ?? { id, name: "Somebody" };
  }

  private setName(id: string, name: string, isBot: boolean): Author {
    const taken = [...this.authors.values()].filter((each) => each.id !== id);
    const free = freeName(
      name,
      taken.map((each) => each.name),
    );
    const author: Author = { id, name: free, ...(isBot ? { isBot } : {}) };
    this.authors.set(id, author);
    return author;
  }

  private rosterOf(room: string): Roster | undefined {
    const name = roomOf(room, "live:");
    return name === undefined ? undefined : this.rosters.get(name);
  }
}

function personIdOf(socket: Socket): string {
  return socket.principal?.id ?? "";
}
