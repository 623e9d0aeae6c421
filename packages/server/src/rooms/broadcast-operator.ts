import { packetTypes, reservedEvents } from "@openline/protocol/socket";
import type {
  AllButLast,
  DecorateAcknowledgements,
  EventNames,
  EventNamesWithError,
  EventParams,
  EventsMap,
  FirstNonErrorArg,
  Last,
} from "../events/event-types.ts";
import type {
  Adapter,
  BroadcastFlags,
  BroadcastOptions,
  Room,
  RoomPacket,
  SocketDetails,
  SocketId,
} from "./adapter.ts";
import type { Handshake } from "./handshake.ts";

type Acknowledgement = (error: Error | null, answers?: unknown) => void;

/** An error of a broadcast's acknowledgement, with the answers that came in time. */
export interface PartialAnswers extends Error {
  responses?: unknown;
}

/** @throws Error for a name that means something to one of the sides */
export function checkEventName(event: string | symbol | number): void {
  if (typeof event === "string" && reservedEvents.has(event)) {
    throw new Error(`"${event}" is a reserved event name`);
  }
}

/** What is sent to several clients: to whom, how, and then `emit`. Every step makes a new one. */
export class BroadcastOperator<EmitEvents extends EventsMap, SocketData> {
  private readonly adapter: Adapter;
  private readonly rooms: Set<Room>;
  private readonly exceptRooms: Set<Room>;
  private readonly flags: BroadcastFlags;

  constructor(
    adapter: Adapter,
    rooms: Set<Room> = new Set(),
    exceptRooms: Set<Room> = new Set(),
    flags: BroadcastFlags = {},
  ) {
    this.adapter = adapter;
    this.rooms = rooms;
    this.exceptRooms = exceptRooms;
    this.flags = flags;
  }

  /** To those in a room; with several, to each once. */
  to(room: Room | Room[]): BroadcastOperator<EmitEvents, SocketData> {
    return new BroadcastOperator(
      this.adapter,
      withRooms(this.rooms, room),
      this.exceptRooms,
      this.flags,
    );
  }

  /** The same as {@link to}. */
  in(room: Room | Room[]): BroadcastOperator<EmitEvents, SocketData> {
    return this.to(room);
  }

  /** Not to those in a room. */
  except(room: Room | Room[]): BroadcastOperator<EmitEvents, SocketData> {
    return new BroadcastOperator(
      this.adapter,
      this.rooms,
      withRooms(this.exceptRooms, room),
      this.flags,
    );
  }

  /** Whether what is sent may be compressed. */
  compress(compress: boolean): BroadcastOperator<EmitEvents, SocketData> {
    return this.with({ compress });
  }

  /** What is sent may be left out for those who cannot take it at once. */
  get volatile(): BroadcastOperator<EmitEvents, SocketData> {
    return this.with({ volatile: true });
  }

  /** Only to clients of this server, not of the others. */
  get local(): BroadcastOperator<EmitEvents, SocketData> {
    return this.with({ local: true });
  }

  /** How long acknowledgements are waited for, in milliseconds. */
  timeout(timeout: number): BroadcastOperator<DecorateAcknowledgements<EmitEvents>, SocketData> {
    return this.with({ timeout }) as never; // the same, with other types for acknowledgements
  }

  /**
   * Sends an event. With an acknowledgement as the last argument, which needs a `timeout`, that is
   * called with the answers of all clients, or with an error and those that came in time.
   *
   * @throws Error for a reserved name, and for what the contract does not have if that is checked
   */
  emit<Name extends EventNames<EmitEvents>>(
    event: Name,
    ...args: EventParams<EmitEvents, Name>
  ): boolean {
    checkEventName(event);
    this.adapter.nsp.contract?.checkSent(event, args);
    const data: unknown[] = [event, ...args];
    const packet: RoomPacket = { type: packetTypes.event, data };
    const last = data.at(-1);
    if (typeof last !== "function") {
      (this.adapter.nsp.delivery ?? this.adapter).broadcast(packet, this.options);
      return true;
    }
    data.pop();
    this.emitAndWait(packet, last as Acknowledgement);
    return true;
  }

  /** The same as a promise; what it rejects with has the answers that came in time as `responses`. */
  emitWithAck<Name extends EventNamesWithError<EmitEvents>>(
    event: Name,
    ...args: AllButLast<EventParams<EmitEvents, Name>>
  ): Promise<FirstNonErrorArg<Last<EventParams<EmitEvents, Name>>>> {
    return new Promise((resolve, reject) => {
      const acknowledge: Acknowledgement = (error, answers) => {
        if (error === null) {
          resolve(answers as never); // what the clients sent, whatever it is
          return;
        }
        (error as PartialAnswers).responses = answers;
        reject(error);
      };
      this.emit(event, ...([...args, acknowledge] as never));
    });
  }

  /** The ids of those that this is for. */
  allSockets(): Promise<Set<SocketId>> {
    return this.adapter.sockets(this.rooms);
  }

  /** Those that this is for: sockets of this server as they are, and stand-ins for others'. */
  fetchSockets(): Promise<RemoteSocket<EmitEvents, SocketData>[]> {
    return this.adapter.fetchSockets(this.options).then((sockets) =>
      sockets.map((socket) =>
        isHere(socket)
          ? (socket as unknown as RemoteSocket<EmitEvents, SocketData>) // it has all of its members
          : new RemoteSocket<EmitEvents, SocketData>(this.adapter, socket),
      ),
    );
  }

  /** Lets those that this is for join rooms. */
  socketsJoin(room: Room | Room[]): void {
    const rooms = Array.isArray(room) ? room : [room];
    this.adapter.addSockets(this.options, rooms);
    this.adapter.nsp.delivery?.joinAway(this.options, rooms);
  }

  /** Lets those that this is for leave rooms. */
  socketsLeave(room: Room | Room[]): void {
    const rooms = Array.isArray(room) ? room : [room];
    this.adapter.nsp.delivery?.leaveAway(this.options, rooms);
    this.adapter.delSockets(this.options, rooms);
  }

  /** Disconnects those that this is for; with `close`, their connections too. */
  disconnectSockets(close = false): void {
    this.adapter.nsp.delivery?.endAway(this.options);
    this.adapter.disconnectSockets(this.options, close);
  }

  private get options(): BroadcastOptions {
    return { rooms: this.rooms, except: this.exceptRooms, flags: this.flags };
  }

  private with(flags: BroadcastFlags): BroadcastOperator<EmitEvents, SocketData> {
    const all = { ...this.flags, ...flags };
    return new BroadcastOperator(this.adapter, this.rooms, this.exceptRooms, all);
  }

  /** Passes on an answer; one that the contract does not have is as if it never came. */
  private takeAnswer(packet: RoomPacket, answer: unknown, done: (answer: unknown) => void): void {
    const { contract } = this.adapter.nsp;
    if (contract === null || contract === undefined) {
      done(answer);
      return;
    }
    const [event] = packet.data as [string]; // an event's
    contract.takeAnswer(event, [answer], (error, [value]) => {
      if (error === null) done(value);
      else contract.reportError(error, event);
    });
  }

  private emitAndWait(packet: RoomPacket, acknowledge: Acknowledgement): void {
    const { adapter, flags } = this;
    const answers: unknown[] = [];
    let isOver = false;
    let expectedServers = -1;
    let servers = 0;
    let clients = 0;
    const finish = (error: Error | null): void => {
      if (isOver) return;
      isOver = true;
      clearTimeout(timer);
      if (flags.expectSingleResponse !== true) acknowledge(error, answers);
      else acknowledge(error, error === null ? answers[0] : null);
    };
    const check = (): void => {
      if (servers === expectedServers && answers.length >= clients) finish(null);
    };
    const timer = setTimeout(() => {
      const { id } = packet;
      if (id !== undefined)
        for (const socket of adapter.nsp.sockets.values()) socket.acks.delete(id);
      finish(new Error("operation has timed out"));
    }, flags.timeout);
    adapter.broadcastWithAck(
      packet,
      this.options,
      (count) => {
        clients += count;
        servers += 1;
        check();
      },
      (answer) => {
        this.takeAnswer(packet, answer, (value) => {
          answers.push(value);
          check();
        });
      },
    );
    void adapter.serverCount().then((count) => {
      expectedServers = count;
      check();
    });
  }
}

/** A socket that may be of another server: what can be done with it from here. */
export class RemoteSocket<EmitEvents extends EventsMap, SocketData> {
  readonly id: SocketId;
  readonly handshake: Handshake;
  readonly rooms: Set<Room>;
  readonly data: SocketData;
  private readonly operator: BroadcastOperator<EmitEvents, SocketData>;

  constructor(adapter: Adapter, details: SocketDetails) {
    this.id = details.id;
    this.handshake = details.handshake as Handshake; // as the other server made it
    this.rooms = new Set(details.rooms);
    this.data = details.data as SocketData;
    const flags = { expectSingleResponse: true };
    this.operator = new BroadcastOperator(adapter, new Set([this.id]), new Set(), flags);
  }

  /** How long the next acknowledgement is waited for, in milliseconds. */
  timeout(timeout: number): BroadcastOperator<DecorateAcknowledgements<EmitEvents>, SocketData> {
    return this.operator.timeout(timeout);
  }

  emit<Name extends EventNames<EmitEvents>>(
    event: Name,
    ...args: EventParams<EmitEvents, Name>
  ): boolean {
    return this.operator.emit(event, ...args);
  }

  join(room: Room | Room[]): void {
    this.operator.socketsJoin(room);
  }

  leave(room: Room): void {
    this.operator.socketsLeave(room);
  }

  disconnect(close = false): this {
    this.operator.disconnectSockets(close);
    return this;
  }
}

function withRooms(rooms: Set<Room>, room: Room | Room[]): Set<Room> {
  const all = new Set(rooms);
  for (const each of Array.isArray(room) ? room : [room]) all.add(each);
  return all;
}

/** Sockets of this server have a client; details that came from another have none. */
function isHere(socket: SocketDetails): boolean {
  return "client" in socket;
}
