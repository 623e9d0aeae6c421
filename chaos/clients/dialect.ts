import type { Answer } from "../checker/history.ts";
import type { Body } from "../server/subject.ts";
import { messageEvent } from "../server/subject.ts";
import type { Client } from "./client.ts";

/**
 * Where a message stands. Its epoch is left out: who counts what comes live does not see a new one
 * begin.
 */
export interface Position {
  offset: number;
}

/** A message that did not come live. */
export interface Stored {
  readonly body: unknown;
  readonly offset: number;
}

/** What came of asking to be let in, or for history. */
export interface Missed {
  /** Of the newest message; null if the server does not tell. */
  readonly position: Position | null;
  /** Those that came after what was asked for. */
  readonly messages: readonly Stored[];
  readonly hasMore: boolean;
  /** Some of them are missing. */
  readonly isGap: boolean;
}

export interface Question {
  readonly client: Client;
  readonly room: string;
  /** After it. */
  readonly since: Position | null;
  /** Called between the events that come before and after the answer. */
  readonly onAnswer: (missed: Missed) => void;
}

/** By which events a kind of server is asked for what; each rejects if nobody knows what came of it. */
export interface Dialect {
  /** Gives the position of the messages that it takes twice, so that a publisher can try again. */
  readonly isIdempotent: boolean;
  publish(client: Client, body: Body): Promise<Answer>;
  join(question: Question): Promise<void>;
  leave(client: Client, room: string): Promise<void>;
  /** By the server's own code, without a log's help. */
  enter(question: Question): Promise<void>;
  quit(client: Client, room: string): Promise<void>;
  /** What is stored, from the oldest on. */
  read(question: Question): Promise<void>;
}

const timeoutMs = 5000;
const pageSize = 1000;
const nothing: Missed = { position: null, messages: [], hasMore: false, isGap: false };

function enter({ client, room, onAnswer }: Question): Promise<void> {
  return client.request("enter", [room], timeoutMs, () => onAnswer(nothing));
}

function quit(client: Client, room: string): Promise<void> {
  return client.request("quit", [room], timeoutMs, () => {});
}

/** What the application of `server/socket-io.ts` understands. */
export const socketIoDialect: Dialect = {
  isIdempotent: false,
  publish: (client, body) =>
    answerOf(client, "publish", body, (answer) => answer as unknown as Answer), // our own server's
  join: enter,
  leave: quit,
  enter,
  quit,
  read: () => Promise.reject(new Error("Socket.IO has no history")),
};

/** Openline's own events, as its documentation has them. */
export const openlineDialect: Dialect = {
  isIdempotent: true,
  publish(client, body) {
    const { room, id } = body;
    const request = { room, event: messageEvent, data: body, id };
    return answerOf(client, "openline:publish", request, readAnswer);
  },
  join: (question) => missedOf(question, "openline:join", "since"),
  read: (question) => missedOf(question, "openline:history", "after"),
  async leave(client, room) {
    await answerOf(client, "openline:leave", { room }, throwRefusal);
  },
  enter,
  quit,
};

type Fields = Readonly<Record<string, unknown>>;

async function answerOf<T>(
  client: Client,
  event: string,
  request: object,
  read: (answer: Fields) => T,
): Promise<T> {
  let answer: Fields = {};
  await client.request(event, [request], timeoutMs, (value) => {
    answer = Object(value);
  });
  return read(answer);
}

async function missedOf(question: Question, event: string, from: string): Promise<void> {
  const { client, room, since, onAnswer } = question;
  const request = { room, limit: pageSize, ...(since === null ? {} : { [from]: since.offset }) };
  let answer: Fields = {};
  await client.request(event, [request], timeoutMs, (value) => {
    answer = Object(value);
    if (typeof answer.code === "string") return;
    const messages = (answer.messages as { args: unknown[]; offset: number }[]).map(
      ({ args, offset }) => ({ body: args[0], offset }),
    );
    onAnswer({
      position: answer.position as Position,
      messages,
      hasMore: answer.hasMore === true,
      isGap: answer.gap === true,
    });
  });
  throwRefusal(answer);
}

function throwRefusal({ code }: Fields): void {
  if (typeof code === "string") throw new Error(code);
}

/** What `openline:publish` or `publish()` has told. */
export function readAnswer({ epoch, offset, duplicate, code, retryAfterMs }: Fields): Answer {
  if (typeof code === "string") {
    return { kind: "refused", code, isFinal: retryAfterMs === undefined };
  }
  return {
    kind: "ok",
    epoch: String(epoch),
    offset: Number(offset),
    isDuplicate: duplicate === true,
  };
}
