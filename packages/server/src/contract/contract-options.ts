import type { AnyContract, ContractOfServer } from "@openline/protocol/contract";

/** What clients and server send each other, and how strictly they are held to it. */
export interface ContractOptions {
  /** Made by `defineContract()`. Events that clients send are checked. Default: anything goes. */
  readonly contract?: AnyContract | undefined;
  /**
   * What becomes of events, and of rooms that clients publish in, that the contract does not have. Default
   * "refuse".
   */
  readonly unknownEvents?: "refuse" | "allow" | undefined;
  /**
   * Whether what the server sends is checked too: always, never, or "development", which is unless
   * `NODE_ENV` is "production". What is wrong is thrown at who sends it. Default false.
   */
  readonly validateOutgoing?: boolean | "development" | undefined;
}

/** Options from whose contract a server infers the types of its events and rooms. */
export interface TypedContractOption<Listen, Emit, Rooms> {
  readonly contract?: ContractOfServer<Listen, Emit, Rooms> | undefined;
}

/** The same, with everything decided. */
export interface SettledContractOptions {
  readonly refusesUnknown: boolean;
  readonly checksOutgoing: boolean;
}

/** @throws TypeError that names the option and what it accepts */
export function settleContractOptions(options: ContractOptions): SettledContractOptions {
  const { unknownEvents = "refuse", validateOutgoing = false } = options;
  if (unknownEvents !== "refuse" && unknownEvents !== "allow") {
    throw new TypeError(
      `\`unknownEvents\` takes "refuse" or "allow", not ${String(unknownEvents)}`,
    );
  }
  if (typeof validateOutgoing !== "boolean" && validateOutgoing !== "development") {
    throw new TypeError(
      `\`validateOutgoing\` takes true, false or "development", not ${String(validateOutgoing)}`,
    );
  }
  const isDevelopment = process.env.NODE_ENV !== "production";
  return {
    refusesUnknown: unknownEvents === "refuse",
    checksOutgoing: validateOutgoing === "development" ? isDevelopment : validateOutgoing,
  };
}
