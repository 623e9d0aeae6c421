import { deserialize, serialize } from "node:v8";
import { Session } from "./session.ts";

const VERSION = 1;

/** What is stored of a session. Places count messages of the log alone: events do not outlive it. */
interface SessionRecord {
  readonly version: number;
  readonly sid: string;
  readonly principal: string | null;
  readonly start: number;
  readonly epoch: string;
  readonly floor: number;
  readonly intervals: readonly IntervalRecord[];
  readonly data: unknown;
}

type IntervalRecord = readonly [
  room: string,
  since: number,
  until: number | null,
  isChannel?: boolean,
];

/** @throws Error for data that cannot be stored, such as functions */
export function encodeSession(session: Session, data: unknown = session.data): Uint8Array {
  const { sid, principal, start, epoch, memberships } = session;
  const record: SessionRecord = {
    version: VERSION,
    sid,
    principal,
    start: start.sequence,
    epoch,
    floor: memberships.floor,
    intervals: memberships.intervals.map(({ room, since, until, isChannel = false }) => [
      room,
      since.sequence,
      until?.sequence ?? null,
      isChannel,
    ]),
    data,
  };
  return serialize(record);
}

/** Null for a record of another version. */
export function decodeSession(bytes: Uint8Array, pid: string): Session | null {
  const record = deserialize(bytes) as SessionRecord; // we have written it
  if (record.version !== VERSION) return null;
  const { sid, principal, start, epoch, floor, intervals, data } = record;
  const session = new Session({ pid, sid, principal, start: at(start), epoch, isRestored: true });
  session.memberships.restore(
    intervals.map(([room, since, until, isChannel = false]) => ({
      room,
      since: at(since),
      until: until === null ? null : at(until),
      isChannel,
    })),
    floor,
  );
  session.data = data;
  return session;
}

function at(sequence: number): { sequence: number; event: number } {
  return { sequence, event: 0 };
}
