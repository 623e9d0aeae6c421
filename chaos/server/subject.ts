import type { Server as HttpServer } from "node:http";
import type { Answer, Content } from "../checker/history.ts";
import type { Page, ServerSettings } from "./control.ts";

/** What a subscriber gets: the content, and as much more as was asked for. */
export interface Body extends Content {
  readonly padding?: string;
}

/** A server that is put to the test. */
export interface Subject {
  /** By the server's own code. */
  publish(body: Body): Promise<Answer>;
  /** Without an answer. */
  emit(body: Body): void;
  history(room: string, after: number): Promise<Page>;
  /** Refuses a token from now on, and ends what it has opened. */
  revoke(token: string): void;
  /** Ends in peace. */
  close(graceMs: number): Promise<void>;
}

export type StartSubject = (http: HttpServer, settings: ServerSettings) => Promise<Subject>;

/** The event by which everything is sent. */
export const messageEvent = "message";

/** What connects is refused with this once its token is no more. */
export const revokedMessage = "revoked";

export const maxPayloadBytes = 1_000_000;
