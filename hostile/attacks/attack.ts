import type { Field } from "../attackers/field.ts";

/** What an attack needs of the server, beside what it does unless told otherwise. */
export interface ServerNeeds {
  readonly perMessageDeflate?: boolean;
  /** Sessions are given back, and one room is durable, which all clients join. */
  readonly durable?: boolean;
}

/** One way to harm a server. */
export interface Attack {
  /** What it does, with its rates, for people. */
  readonly about: string;
  readonly server?: ServerNeeds;
  /** Begins; the field paces it, and ends it. */
  begin(field: Field): void;
}
