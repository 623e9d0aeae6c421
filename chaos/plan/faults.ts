/** What can be done to a run. */
export interface Fault {
  readonly about: string;
  /** What it is done to. */
  readonly target: "group" | "server" | "all" | "subscriber" | "page";
  /** How long it lasts, in milliseconds; nothing if it is over at once. */
  readonly lasts?: readonly [low: number, high: number];
  /** How often it is chosen, against the others. */
  readonly weight: number;
  /** Stock Socket.IO has nothing that it could be done to. */
  readonly needsLog?: boolean;
}

export const faults = {
  cut: { about: "close the connections of a group", target: "group", weight: 4 },
  reset: { about: "reset the connections of a group", target: "group", weight: 4 },
  "half-open": {
    about: "let nothing through any more, both ways, while both ends stay open",
    target: "group",
    weight: 4,
  },
  takeover: {
    about: "reset the clients' ends, while the server's ends stay open",
    target: "group",
    weight: 4,
  },
  "cut-in-replay": {
    about: "reset the connections, and each new one for a while after some bytes",
    target: "group",
    lasts: [500, 2000],
    weight: 4,
  },
  stall: {
    about: "hold everything back, both ways, and then let it through",
    target: "group",
    lasts: [300, 6000],
    weight: 3,
  },
  slow: {
    about: "let a few thousand bytes a second through to the clients, while a lot is sent",
    target: "group",
    lasts: [1000, 4000],
    weight: 2,
  },
  "stop-reading": {
    about: "read nothing for the clients, while a lot is sent",
    target: "group",
    lasts: [1000, 4000],
    weight: 2,
  },
  storm: { about: "reset all connections at once", target: "all", weight: 2 },
  kill: { about: "kill -9 the server", target: "server", weight: 6 },
  "kill-in-broadcast": {
    about: "kill -9 the server when the first client has a message",
    target: "server",
    weight: 6,
  },
  drain: { about: "SIGTERM the server: it drains", target: "server", weight: 4 },
  freeze: {
    about: "SIGSTOP the server, and SIGCONT",
    target: "server",
    lasts: [500, 5000],
    weight: 2,
  },
  clock: {
    about: "move the server's clock by up to an hour, either way",
    target: "server",
    lasts: [2000, 6000],
    weight: 2,
  },
  "disk-full": {
    about: "leave no room on the log's disk",
    target: "server",
    lasts: [1000, 3000],
    weight: 2,
    needsLog: true,
  },
  "sync-error": {
    about: "let fsync fail with EIO; the server has to stop, and starts again",
    target: "server",
    lasts: [500, 1500],
    weight: 2,
    needsLog: true,
  },
  revoke: {
    about: "refuse a subscriber's token, as its connection is cut",
    target: "subscriber",
    weight: 1,
  },
  "reload-page": {
    about: "end pages with channels amid everything, their network first, and load them again",
    target: "page",
    weight: 8,
    needsLog: true,
  },
  "second-page": {
    about: "open pages beside others, with the same stores, and end them without a word",
    target: "page",
    lasts: [500, 4000],
    weight: 3,
    needsLog: true,
  },
} as const satisfies Readonly<Record<string, Fault>>;

export type FaultName = keyof typeof faults;

export const faultNames: readonly FaultName[] = Object.keys(faults) as FaultName[];

export function faultOf(name: FaultName): Fault {
  return faults[name];
}
