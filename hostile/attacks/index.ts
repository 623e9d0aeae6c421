import type { Attack } from "./attack.ts";
import {
  connectionFlood,
  connectionFloodOne,
  pollingFlood,
  pollingSessions,
} from "./floods-of-connections.ts";
import {
  deflateBomb,
  deflatePuffs,
  eventFlood,
  fragmentFlood,
  heartbeatFlood,
  pingFlood,
  pingFloodRead,
} from "./floods-of-frames.ts";
import { garbage } from "./garbage.ts";
import { reconnectStorm } from "./reconnect-storm.ts";
import { slowBodies, slowFrames, slowHeaders } from "./slowloris.ts";

/** All attacks, by their names. */
export const attacks = {
  "slow-headers": slowHeaders,
  "slow-bodies": slowBodies,
  "slow-frames": slowFrames,
  "ping-flood": pingFlood,
  "ping-flood-read": pingFloodRead,
  "heartbeat-flood": heartbeatFlood,
  "fragment-flood": fragmentFlood,
  "deflate-bomb": deflateBomb,
  "deflate-puffs": deflatePuffs,
  "connection-flood": connectionFlood,
  "connection-flood-one": connectionFloodOne,
  "polling-flood": pollingFlood,
  "polling-sessions": pollingSessions,
  "reconnect-storm": reconnectStorm,
  garbage,
  "event-flood": eventFlood,
} as const satisfies Readonly<Record<string, Attack>>;

export type AttackName = keyof typeof attacks;

export const attackNames = Object.keys(attacks) as readonly AttackName[]; // its own keys

export function attackOf(name: AttackName): Attack {
  return attacks[name];
}
