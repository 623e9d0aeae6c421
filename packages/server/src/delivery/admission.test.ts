import { describe, expect, test, vi } from "vitest";
import type { Epoch, Log } from "../log/log.ts";
import { memoryLog } from "../log/memory-log.ts";
import { EncodedMessage } from "../messages/encoded-message.ts";
import { Session } from "../sessions/session.ts";
import { encodeSession } from "../sessions/session-record.ts";
import { Admissions, type SessionHolder } from "./admission.ts";
import { AwayChanges } from "./away-changes.ts";
import { SessionWriter } from "./session-writer.ts";
import { Timeline } from "./timeline.ts";

const RETENTION_MS = 60_000;
const earlier: Epoch = { id: "earlier-epoch-of-the-log", after: 0 };
const later: Epoch = { id: "later---epoch-of-the-log", after: 6 };
const latest: Epoch = { id: "latest--epoch-of-the-log", after: 6 };
/** The log has lost what came behind 6. */
const lostCursor = "earlier-10";

async function opened(
  epochs: readonly Epoch[],
  sessions?: Log["sessions"],
  changes: AwayChanges = new AwayChanges(),
  like?: Log,
): Promise<Admissions> {
  const inner = like ?? (await memoryLog().open("/"));
  const epoch = epochs.at(-1)?.id ?? "";
  const log = Object.assign(Object.create(inner), {
    ...{ epoch, epochs, sessions: sessions ?? inner.sessions },
  }) as Log;
  Object.defineProperty(log, "head", { value: 6 });
  const encodeForAll = (): EncodedMessage => new EncodedMessage([]);
  const timeline = new Timeline(
    log,
    { name: "/", isStandard: true, encodeForAll },
    { bufferMs: 0, bufferBytes: 0 },
  );
  const writer = new SessionWriter(log, {
    durability: "process",
    retentionMs: RETENTION_MS,
    upkeepMs: 60_000,
    reportError: () => {},
  });
  const options = { retentionMs: RETENTION_MS, heartbeatMs: 0, hasDurable: true };
  return new Admissions({ timeline, writer, changes, ...options, isDurable: () => true });
}

/** What a client is let in with that was refused once. */
function begin(admissions: Admissions): Session {
  const { session } = admissions.begin({ reason: "epoch" });
  admissions.sessions.add(session);
  return session;
}

describe("a client whose resume was refused, with its old cursor", () => {
  test("goes on from the beginning of its new session", async () => {
    const admissions = await opened([earlier, later]);
    const { pid, start } = begin(admissions);
    const { gap, resumption } = await admissions.resume(pid, lostCursor);
    expect(gap).toBe(null);
    expect(resumption?.from).toEqual(start);
  });

  test("does so after another restart, too", async () => {
    const { sessions } = await memoryLog().open("/");
    const before = await opened([earlier, later], sessions);
    const session = begin(before);
    await sessions.put(session.key, encodeSession(session), Date.now() + 60_000, "process");
    const after = await opened([earlier, later, latest], sessions);
    const { gap, resumption } = await after.resume(session.pid, lostCursor);
    expect(gap).toBe(null);
    expect(resumption?.from).toEqual({ sequence: 6, event: 0 });
  });
});

test("a client that has seen what the log lost is told so", async () => {
  const { sessions } = await memoryLog().open("/");
  const session = begin(await opened([earlier], sessions));
  await sessions.put(session.key, encodeSession(session), Date.now() + 60_000, "process");
  const { gap } = await (await opened([earlier, later], sessions)).resume(session.pid, lostCursor);
  expect(gap).toEqual({ reason: "epoch" });
});

test.each([7, null, {}, "no cursor"])("what is no cursor is no place: %o", async (offset) => {
  const admissions = await opened([earlier]);
  const { pid } = begin(admissions);
  expect((await admissions.resume(pid, offset)).gap).toEqual({ reason: "cursor" });
});

test("a session that ends while another connection asks for it is not given to that one", async () => {
  const admissions = await opened([earlier]);
  const session = begin(admissions);
  session.memberships.join("room", session.start);
  const holder = { isReturning: false, fence: () => {} };
  admissions.hold(session, holder);
  const resuming = admissions.resume(session.pid, undefined);
  expect(admissions.end(session, holder)).toBe(true);
  expect((await resuming).gap).toEqual({ reason: "expired" });
  expect(admissions.sessions.get(session.pid)).toBe(undefined);
});

test("a session from the store has done to it what was done while nobody knew it", async () => {
  const { sessions } = await memoryLog().open("/");
  const before = await opened([earlier], sessions);
  const [kept, thrownOut] = [begin(before), begin(before)];
  for (const [session, room] of [[kept, "a"] as const, [thrownOut, "b"] as const]) {
    session.memberships.join(room, session.start);
    await sessions.put(session.key, encodeSession(session), Date.now() + 60_000, "process");
  }
  const changes = new AwayChanges();
  changes.add({ rooms: new Set(["b"]) }, () => false);
  const after = await opened([earlier, latest], sessions, changes);
  expect((await after.resume(kept.pid, undefined)).session.sid).toBe(kept.sid);
  expect((await after.resume(thrownOut.pid, undefined)).gap).toEqual({ reason: "expired" });
  await vi.waitFor(async () => expect(await sessions.get(thrownOut.key, 0)).toBe(null));
});

test("what is done to it while it is being looked at counts, too", async () => {
  const { sessions } = await memoryLog().open("/");
  const session = begin(await opened([earlier], sessions));
  await sessions.put(session.key, encodeSession(session), Date.now() + 60_000, "process");
  const changes = new AwayChanges();
  const apply = vi.spyOn(changes, "apply").mockImplementationOnce((found) => {
    changes.add({ rooms: new Set() }, () => false);
    return found.sid === session.sid;
  });
  const after = await opened([earlier, latest], sessions, changes);
  expect((await after.resume(session.pid, undefined)).gap).toEqual({ reason: "expired" });
  expect(apply).toHaveBeenCalledTimes(2);
  expect(after.sessions.get(session.pid)).toBe(undefined);
});

test("a connection that has lost its session to another one has no say in it", async () => {
  const admissions = await opened([earlier]);
  const session = begin(admissions);
  const fenced: string[] = [];
  const holder = (name: string): SessionHolder => ({
    isReturning: false,
    fence: () => void fenced.push(name),
  });
  const [old, next] = [holder("old"), holder("next")];
  admissions.hold(session, old);
  admissions.hold(session, next);
  expect(fenced).toEqual(["old"]);
  expect([admissions.lose(session, old), admissions.end(session, old)]).toEqual([false, false]);
  expect(session.lostMs).toBe(null);
  expect(admissions.isHeldBy(session, next)).toBe(true);
  expect(admissions.sessions.get(session.pid)).toBe(session);
});

test("what a room has lost behind the client's place is a gap, but not behind its leaving", async () => {
  const inner = await memoryLog().open("/");
  const trimmed = Object.assign(Object.create(inner), {
    describe: () => Promise.resolve({ trimmedSequence: 5 }),
  }) as Log;
  const resume = async (leftAt: number, place: string): Promise<unknown> => {
    const admissions = await opened([earlier], undefined, undefined, trimmed);
    const { session } = admissions.begin(null);
    const restored = new Session({ ...session, start: { sequence: 0, event: 0 } });
    admissions.sessions.add(restored);
    restored.memberships.join("room", restored.start);
    restored.memberships.leave("room", { sequence: leftAt, event: 0 });
    return (await admissions.resume(session.pid, place)).gap;
  };
  const gap = { reason: "retention", rooms: ["room"] };
  expect(await resume(4, "earlier-3")).toEqual(gap);
  expect(await resume(3, "earlier-3")).toBe(null);
});

test("a session whose client is away for too long is not in the store any more, either", async () => {
  vi.useFakeTimers({ toFake: ["performance", "Date"] });
  const { sessions } = await memoryLog().open("/");
  const admissions = await opened([earlier], sessions);
  const session = begin(admissions);
  await sessions.put(session.key, encodeSession(session), Date.now() + 1_000_000, "process");
  const holder = { isReturning: false, fence: () => {} };
  admissions.hold(session, holder);
  admissions.lose(session, holder);
  vi.advanceTimersByTime(RETENTION_MS);
  expect((await admissions.resume(session.pid, undefined)).gap).toEqual({ reason: "expired" });
  await vi.waitFor(async () => expect(await sessions.get(session.key, Date.now())).toBe(null));
  vi.useRealTimers();
});
