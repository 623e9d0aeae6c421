/**
 * Contracts: what a server and its clients send each other, in schemas of any library of Standard
 * Schema. Beside the client, so that who has none need not carry it.
 */
export {
  type AnyContract,
  type ClientEmits,
  type ClientListens,
  type Contract,
  ContractError,
  type ContractParts,
  defineContract,
  type EventDefinition,
  type EventDefinitions,
  type InvalidDetail,
  isRefusal,
  type Refusal,
  type RoomDefinitions,
  type RoomEvents,
  type RoomInput,
  type RoomName,
  type RoomOutput,
  type StandardSchema,
} from "@openline/protocol/contract";
