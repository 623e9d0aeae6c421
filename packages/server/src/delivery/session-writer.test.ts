import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { Log, SessionStore } from "../log/log.ts";
import { LogError } from "../log/log-error.ts";
import { memoryLog } from "../log/memory-log.ts";
import { Session } from "../sessions/session.ts";
import { SessionWriter } from "./session-writer.ts";

const RETENTION_MS = 40_000;
const UPKEEP_MS = 60_000;

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

async function made(change: Partial<SessionStore> = {}): Promise<{
  writer: SessionWriter;
  session: Session;
  sessions: SessionStore;
}> {
  const log = await memoryLog().open("/");
  const sessions: SessionStore = {
    put: (...args) => log.sessions.put(...args),
    get: (...args) => log.sessions.get(...args),
    delete: (...args) => log.sessions.delete(...args),
    sweep: (...args) => log.sessions.sweep(...args),
    ...change,
  };
  const writer = new SessionWriter({ ...log, sessions } as Log, {
    durability: "process",
    retentionMs: RETENTION_MS,
    upkeepMs: UPKEEP_MS,
    reportError: () => {},
  });
  const session = Session.begin({
    sid: "sid",
    principal: null,
    start: { sequence: 0, event: 0 },
    epoch: "epoch",
  });
  return { writer, session, sessions };
}

test("a record is kept until its client has been away for the whole time", async () => {
  const { writer, session, sessions } = await made();
  await writer.save(session);
  // Nobody stores it anew before this: the process may die at any moment.
  vi.advanceTimersByTime(RETENTION_MS / 4 + UPKEEP_MS - 1);
  const diedMs = Date.now();
  expect(await sessions.get(session.key, diedMs + RETENTION_MS - 1)).not.toBe(null);
});

describe("what is stored is behind the session", () => {
  test("while it is being stored", async () => {
    const { writer, session } = await made();
    expect(writer.isBehind(session)).toBe(false);
    const saved = writer.save(session);
    expect(writer.isBehind(session)).toBe(true);
    await saved;
    await vi.waitFor(() => expect(writer.isBehind(session)).toBe(false));
  });

  test("after a write that failed, until one succeeds", async () => {
    let isFull = true;
    const { writer, session } = await made({
      put: () =>
        isFull ? Promise.reject(new LogError("OPENLINE_LOG_FULL", "Full")) : Promise.resolve(),
    });
    await expect(writer.save(session)).rejects.toMatchObject({ code: "OPENLINE_LOG_FULL" });
    await vi.waitFor(async () => {
      await Promise.resolve();
      expect(writer.isBehind(session)).toBe(true);
    });
    isFull = false;
    await writer.save(session);
    await vi.waitFor(() => expect(writer.isBehind(session)).toBe(false));
  });
});

test("a session that is being deleted is over", async () => {
  let deleted = (): void => {};
  const deletion = new Promise<void>((resolve) => {
    deleted = resolve;
  });
  const { writer, session } = await made({ delete: () => deletion });
  await writer.save(session);
  const over = writer.delete(session);
  expect(writer.isDeleting(session.key)).toBe(true);
  deleted();
  await over;
  expect(writer.isDeleting(session.key)).toBe(false);
});

describe("a refresh", () => {
  test("stores anew what a live session needs when a quarter of its time is over", async () => {
    const { writer, session, sessions } = await made();
    const put = vi.spyOn(sessions, "put");
    // Never stored: nothing of it is worth it.
    writer.refresh([session], Date.now() + RETENTION_MS);
    expect(put).toHaveBeenCalledTimes(0);
    await writer.save(session);
    vi.advanceTimersByTime(RETENTION_MS / 4 - 1);
    writer.refresh([session], Date.now());
    expect(put).toHaveBeenCalledTimes(1);
    vi.advanceTimersByTime(1);
    writer.refresh([session], Date.now());
    await writer.flushed();
    expect(put).toHaveBeenCalledTimes(2);
    expect(put.mock.calls[1]?.[2]).toBe((put.mock.calls[0]?.[2] ?? 0) + RETENTION_MS / 4);
  });

  test("leaves alone those whose clients are away: their time runs", async () => {
    const { writer, session, sessions } = await made();
    await writer.save(session);
    const put = vi.spyOn(sessions, "put");
    session.lostMs = 0;
    vi.advanceTimersByTime(RETENTION_MS);
    writer.refresh([session], Date.now());
    expect(put).toHaveBeenCalledTimes(0);
  });
});
