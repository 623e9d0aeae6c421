import type { EventDefinitions, RoomDefinitions } from "./definition.ts";

/** A contract whose types nobody asks for. */
export interface AnyContract {
  readonly clientToServer: EventDefinitions | undefined;
  readonly serverToClient: EventDefinitions | undefined;
  readonly rooms: RoomDefinitions | undefined;
}
