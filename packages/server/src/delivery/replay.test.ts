import { describe, expect, test } from "vitest";
import type { Log } from "../log/log.ts";
import { memoryLog } from "../log/memory-log.ts";
import { ChannelForms } from "../messages/channel-forms.ts";
import { EncodedMessage } from "../messages/encoded-message.ts";
import { encodeStored, toStored } from "../messages/stored-event.ts";
import { Session } from "../sessions/session.ts";
import { Replay } from "./replay.ts";
import { ReplayTurns } from "./replay-turns.ts";
import { Timeline } from "./timeline.ts";

/** What a replay does with a client. */
interface Outcome {
  readonly texts: string[];
  isAborted: boolean;
}

const start = { sequence: 0, event: 0 };

async function filled(count: number): Promise<Log> {
  const log = await memoryLog().open("/");
  for (let index = 1; index <= count; index += 1) {
    const payload = encodeStored(toStored(["message", index], null));
    await log.append([{ room: "room", id: null, timeMs: 0, payload }], "process");
  }
  return log;
}

async function replay(log: Log, change: (session: Session) => void): Promise<Outcome> {
  const session = Session.begin({ sid: "sid", principal: null, start, epoch: log.epoch });
  change(session);
  const encodeForAll = (): EncodedMessage => new EncodedMessage([]);
  const decode = (): never => {
    throw new Error("There is no need to");
  };
  const encoding = { name: "/", isStandard: true, encodeForAll, decode };
  const timeline = new Timeline(log, encoding, { bufferMs: 0, bufferBytes: 0 });
  const outcome: Outcome = { texts: [], isAborted: false };
  const target = {
    session,
    isGone: false,
    holdLive: () => () => {},
    sendReplayed: ({ parts }: EncodedMessage) => void outcome.texts.push(String(parts[0])),
    ready: () => Promise.resolve(),
    abort: () => {
      outcome.isAborted = true;
    },
  };
  const source = {
    timeline,
    turns: new ReplayTurns(),
    channelForms: new ChannelForms(encoding),
    isDurable: () => true,
  };
  await new Replay(target, source, { sequence: 0, event: null }).run();
  return outcome;
}

describe("a replay of a room that was left", () => {
  const leave = ({ memberships }: Session): void => {
    memberships.join("room", start);
    memberships.leave("room", { sequence: 3, event: 0 });
  };

  test("brings what came before that, and nothing else", async () => {
    const { texts, isAborted } = await replay(await filled(5), leave);
    expect(texts.map((text) => text.slice(0, 14))).toEqual(
      [1, 2, 3].map((number) => `42["message",${number}`),
    );
    expect(isAborted).toBe(false);
  });

  test("is given up when some of that is not kept any more: the client is told when it comes back", async () => {
    const log = await filled(5);
    await log.trim("room", { maxMessages: 3 }, 0, 10);
    const { texts, isAborted } = await replay(log, leave);
    expect(texts).toEqual([]);
    expect(isAborted).toBe(true);
  });
});

test("a replay is given up when something goes while it is being read", async () => {
  const inner = await filled(5);
  const log = Object.create(inner) as Log;
  log.readAfter = async (...args) => {
    await inner.trim("room", { maxMessages: 2 }, 0, 10);
    return inner.readAfter(...args);
  };
  const { texts, isAborted } = await replay(log, ({ memberships }) => {
    memberships.join("room", start);
  });
  expect(texts).toEqual([]);
  expect(isAborted).toBe(true);
});
