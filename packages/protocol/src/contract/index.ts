/** Contracts: what servers and clients send each other, in schemas of any library. */
export {
  type Checked,
  checkArguments,
  checkEventSchema,
  type InvalidDetail,
  type InvalidRefusal,
} from "./check-arguments.ts";
export type {
  AnyContract,
  Contract,
  ContractOfClient,
  ContractOfServer,
  ReadingContract,
  RoomEvents,
  RoomInput,
  RoomName,
  RoomOutput,
} from "./contract.ts";
export { ContractError } from "./contract-error.ts";
export { type ContractParts, defineContract } from "./define-contract.ts";
export {
  type AnsweredEvent,
  answerOf,
  argumentsOf,
  type EventArguments,
  type EventDefinition,
  type EventDefinitions,
  type RoomDefinitions,
  type RoomEventDefinitions,
} from "./definition.ts";
export type {
  AnyEvents,
  ArgumentsIn,
  ArgumentsOut,
  ClientEmits,
  ClientListens,
  ServerEmits,
  ServerListens,
} from "./event-types.ts";
export type { ContractSocket, ReadReceived } from "./read-received.ts";
export { isRefusal, type Refusal } from "./refusal.ts";
export { RoomPatterns } from "./room-patterns.ts";
export type { AnyRoomEvents, EventsOfRoom, NameOfRooms } from "./room-types.ts";
export {
  type InputOf,
  isStandardSchema,
  type OutputOf,
  type StandardIssue,
  type StandardResult,
  type StandardSchema,
} from "./standard-schema.ts";
