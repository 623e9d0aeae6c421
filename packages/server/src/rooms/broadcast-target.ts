import type {
  DecorateAcknowledgements,
  DecorateAcknowledgementsWithMultipleResponses,
  EventNames,
  EventParams,
  EventsMap,
} from "../events/event-types.ts";
import { StrictEmitter } from "../events/strict-emitter.ts";
import type { Room, SocketId } from "./adapter.ts";
import type { BroadcastOperator, RemoteSocket } from "./broadcast-operator.ts";

/** What can be sent to, and done with, all clients of something: a server or a namespace. */
export abstract class BroadcastTarget<
  Listen extends EventsMap,
  Emit extends EventsMap,
  Reserved extends EventsMap,
  Out extends EventsMap,
  SocketData,
> extends StrictEmitter<Listen, Emit, Reserved> {
  /** All clients, before anything is said of them. */
  abstract everyone(): BroadcastOperator<Out, SocketData>;

  /**
   * Sends an event to all clients.
   *
   * @throws Error for a reserved name
   */
  override emit<Name extends EventNames<Emit>>(
    event: Name,
    ...args: EventParams<Emit, Name>
  ): boolean {
    return this.everyone().emit(event as never, ...(args as never)); // `Out` has all of `Emit`
  }

  /** To those in a room; with several, to each once. */
  to(room: Room | Room[]): ToMany<Out, SocketData> {
    return this.everyone().to(room) as never; // the same, with other types for acknowledgements
  }

  /** The same as {@link to}. */
  in(room: Room | Room[]): ToMany<Out, SocketData> {
    return this.to(room);
  }

  /** Not to those in a room. */
  except(room: Room | Room[]): ToMany<Out, SocketData> {
    return this.everyone().except(room) as never; // as in `to`
  }

  /** Whether what is sent may be compressed. */
  compress(compress: boolean): ToMany<Out, SocketData> {
    return this.everyone().compress(compress) as never; // as in `to`
  }

  /** What is sent may be left out for those who cannot take it at once. */
  get volatile(): ToMany<Out, SocketData> {
    return this.everyone().volatile as never; // as in `to`
  }

  /** Only to clients of this server, not of the others. */
  get local(): ToMany<Out, SocketData> {
    return this.everyone().local as never; // as in `to`
  }

  /** How long acknowledgements are waited for, in milliseconds. */
  timeout(timeout: number): ToManyInTime<Out, SocketData> {
    return this.everyone().timeout(timeout) as never; // as in `to`
  }

  /** The clients' sockets. */
  fetchSockets(): Promise<RemoteSocket<Out, SocketData>[]> {
    return this.everyone().fetchSockets();
  }

  /** The clients' ids. */
  allSockets(): Promise<Set<SocketId>> {
    return this.everyone().allSockets();
  }

  /** Lets all clients join rooms. */
  socketsJoin(room: Room | Room[]): void {
    this.everyone().socketsJoin(room);
  }

  /** Lets all clients leave rooms. */
  socketsLeave(room: Room | Room[]): void {
    this.everyone().socketsLeave(room);
  }

  /** Disconnects all clients; with `close`, their connections too. */
  disconnectSockets(close = false): void {
    this.everyone().disconnectSockets(close);
  }
}

type ToMany<Out extends EventsMap, SocketData> = BroadcastOperator<
  DecorateAcknowledgementsWithMultipleResponses<Out>,
  SocketData
>;

type ToManyInTime<Out extends EventsMap, SocketData> = BroadcastOperator<
  DecorateAcknowledgements<DecorateAcknowledgementsWithMultipleResponses<Out>>,
  SocketData
>;
