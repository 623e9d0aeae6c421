import type { Answer } from "../checker/history.ts";
import type { Body } from "../server/subject.ts";
import { messageEvent } from "../server/subject.ts";
import type { Client } from "./client.ts";

/** Where a message stands, as Openline tells it. */
export interface Position {
  epoch: string;
  offset: number;
}

/** What came of asking to be let in. */
export interface Joined {
  /** Null if the server does not tell. */
  readonly position: Position | null;
  /** Those that came after what was asked for. */
  readonly messages: readonly { readonly body: unknown; readonly offset: number }[];
  /** Why some of them are missing. */
  readonly gap: string | null;
}

/** By which events a kind of server is asked for what; each rejects if nobody knows what came of it. */
export interface Dialect {
  /** Gives the position of the messages that it takes twice, so that a publisher can try again. */
  readonly isIdempotent: boolean;
  publish(client: Client, body: Body, timeoutMs: number): Promise<Answer>;
  join(client: Client, room: string, since: Position | null, timeoutMs: number): Promise<Joined>;
  leave(client: Client, room: string, timeoutMs: number): Promise<void>;
  /** By the server's own code, without a log's help. */
  enter(client: Client, room: string, since: null | Position, timeoutMs: number): Promise<Joined>;
  quit(client: Client, room: string, timeoutMs: number): Promise<void>;
}

const nothing: Joined = { position: null, messages: [], gap: null };

async function enter(client: Client, room: string, _: unknown, timeoutMs: number): Promise<Joined> {
  await client.request("enter", [room], timeoutMs);
  return nothing;
}

async function quit(client: Client, room: string, timeoutMs: number): Promise<void> {
  await client.request("quit", [room], timeoutMs);
}

/** What the application of `server/socket-io.ts` understands. */
export const socketIoDialect: Dialect = {
  isIdempotent: false,
  publish: async (client, body, timeoutMs) =>
    (await client.request("publish", [body], timeoutMs)) as Answer, // our own server's
  join: enter,
  leave: quit,
  enter,
  quit,
};

/** Openline's own events, as its documentation has them. */
export const openlineDialect: Dialect = {
  isIdempotent: true,
  async publish(client, body, timeoutMs) {
    const { room, id } = body;
    const request = { room, event: messageEvent, data: body, id };
    return readAnswer(await client.request("openline:publish", [request], timeoutMs));
  },
  async join(client, room, since, timeoutMs) {
    const request = since === null ? { room } : { room, since };
    const answer = Object(await client.request("openline:join", [request], timeoutMs));
    if (typeof answer.code === "string") throw new Error(answer.code);
    return {
      position: answer.position,
      messages: (answer.messages as { args: unknown[]; offset: number }[]).map(
        ({ args, offset }) => ({ body: args[0], offset }),
      ),
      gap: answer.gap ? JSON.stringify(answer.gap) : null,
    };
  },
  async leave(client, room, timeoutMs) {
    const answer = Object(await client.request("openline:leave", [{ room }], timeoutMs));
    if (typeof answer.code === "string") throw new Error(answer.code);
  },
  enter,
  quit,
};

/** What `openline:publish` or `publish()` has told. */
export function readAnswer(answer: unknown): Answer {
  const { epoch, offset, duplicate, code, retryAfterMs } = Object(answer);
  if (typeof code === "string") {
    return { kind: "refused", code, isFinal: retryAfterMs === undefined };
  }
  return { kind: "ok", epoch: String(epoch), offset: Number(offset), isDuplicate: !!duplicate };
}
