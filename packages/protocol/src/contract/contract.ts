import type { AnyContract } from "./any-contract.ts";
import type { EventDefinitions, RoomDefinitions } from "./definition.ts";
import type { ClientEmits, ClientListens, ServerEmits, ServerListens } from "./event-types.ts";
import type { ReadReceived } from "./read-received.ts";
import type { AnyRoomEvents, EventsOfRoom, NameOfRooms } from "./room-types.ts";

export type { AnyContract };

/** What a server and its clients send each other. */
export interface Contract<
  ClientToServer extends EventDefinitions | undefined = EventDefinitions | undefined,
  ServerToClient extends EventDefinitions | undefined = EventDefinitions | undefined,
  Rooms extends RoomDefinitions | undefined = RoomDefinitions | undefined,
> extends AnyContract {
  /** What clients emit; undefined if nothing is said of it. */
  readonly clientToServer: ClientToServer;
  /** What the server emits; undefined if nothing is said of it. */
  readonly serverToClient: ServerToClient;
  /** What is published in rooms, by patterns of their names; undefined if nothing is said of it. */
  readonly rooms: Rooms;
  /** For clients alone: reads what they get. */
  readonly "~read": ReadReceived;
  /** For the type checker alone: what the options of servers and clients infer their types from. */
  readonly "~types"?: {
    readonly client: {
      readonly listens: ClientListens<ServerToClient>;
      readonly emits: ClientEmits<ClientToServer>;
    };
    readonly server: {
      readonly listens: ServerListens<ClientToServer>;
      readonly emits: ServerEmits<ServerToClient>;
    };
    readonly rooms: Rooms;
  };
}

/** A contract that `defineContract` has made, as clients use it. */
export interface ReadingContract extends AnyContract {
  readonly "~read": ReadReceived;
}

/** A contract, as a client infers the types of its events from it. */
export interface ContractOfClient<Listens, Emits> extends ReadingContract {
  readonly "~types"?: { readonly client: { readonly listens: Listens; readonly emits: Emits } };
}

/** A contract, as a server infers the types of its events and rooms from it. */
export interface ContractOfServer<Listens, Emits, Rooms> extends AnyContract {
  readonly "~types"?: {
    readonly server: { readonly listens: Listens; readonly emits: Emits };
    readonly rooms: Rooms;
  };
}

/** The names that rooms of a contract may have: any text if it says nothing of rooms. */
export type RoomName<Of extends AnyContract> = NameOfRooms<Of["rooms"]>;

/**
 * What is published in a room, by the names of the events: `{ input, output }`, what `publish` takes
 * and what who is in the room gets. The most specific of the patterns that match counts.
 *
 * ```ts
 * type Message = RoomEvents<typeof contract, "chat:42">["message"]["output"];
 * ```
 */
export type RoomEvents<Of extends AnyContract, Name extends string> = EventsOfRoom<
  Of["rooms"],
  Name
>;

/** What `publish` takes for an event of a room. */
export type RoomInput<
  Of extends AnyContract,
  Name extends string,
  Event extends keyof RoomEvents<Of, Name>,
> = PayloadOf<RoomEvents<Of, Name>[Event], "input">;

/** What who is in a room gets of an event. */
export type RoomOutput<
  Of extends AnyContract,
  Name extends string,
  Event extends keyof RoomEvents<Of, Name>,
> = PayloadOf<RoomEvents<Of, Name>[Event], "output">;

type PayloadOf<Payload, Side extends keyof AnyRoomEvents[string]> =
  Payload extends Record<Side, infer Type> ? Type : never;
