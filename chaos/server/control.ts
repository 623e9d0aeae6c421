import type { Answer, Content, Logged } from "../checker/history.ts";

/** What the referee tells a server's process to do. */
export type Order =
  | {
      readonly kind: "publish";
      readonly ref: number;
      readonly by: "server" | "emit";
      readonly content: Content;
      /** So many bytes more. */
      readonly padding: number;
    }
  | {
      readonly kind: "history";
      readonly ref: number;
      readonly room: string;
      readonly after: number;
    }
  | { readonly kind: "clock"; readonly shiftMs: number }
  | { readonly kind: "revoke"; readonly ref: number; readonly token: string };

/** A page of history. */
export interface Page {
  readonly messages: readonly Logged[];
  readonly epoch: string;
  readonly headOffset: number;
}

/** What a server's process tells the referee. */
export type Report =
  | { readonly kind: "listening"; readonly port: number }
  | { readonly kind: "answer"; readonly ref: number; readonly answer: Answer }
  | { readonly kind: "page"; readonly ref: number; readonly page: Page }
  | { readonly kind: "done"; readonly ref: number }
  /** It could not be done. */
  | { readonly kind: "failed"; readonly ref: number; readonly message: string }
  | { readonly kind: "delay"; readonly loopDelayMs: number };

/** How a server's process is to run, from its environment. */
export interface ServerSettings {
  readonly server: ServerName;
  /** Of the log. */
  readonly folder: string;
  readonly shiftMs: number;
  readonly sessionMs: number;
  /** Messages that the short room keeps. */
  readonly shortMessages: number;
  /** Tokens that are refused. */
  readonly revoked: readonly string[];
  readonly pingIntervalMs: number;
  readonly pingTimeoutMs: number;
  /** A bug that is planted. */
  readonly plant: PlantName | null;
}

export type ServerName = "openline" | "socket.io";

export const serverNames: readonly ServerName[] = ["openline", "socket.io"];

/** Bugs of the server that can be planted, each of which the checker has to find. */
export const plants = {
  drop: "one message in 25 does not reach its subscribers",
  swap: "two messages in 25 reach their subscribers the wrong way round",
  duplicate: "one message in 25 reaches its subscribers twice",
  "reused-offset": "one publisher in 25 is told the offset of the message before",
  "false-gap": "one session in 10 is forgotten",
  "early-acknowledgement": "publishers are answered 200 ms before the log is written",
} as const;

export type PlantName = keyof typeof plants;

export const plantNames: readonly PlantName[] = Object.keys(plants) as PlantName[];

export const settingsVariable = "OPENLINE_CHAOS_SERVER";
