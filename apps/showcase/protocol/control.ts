/** What pages and the supervisor, which can kill the server and start it again, say to each other. */

/** Where the server says on which port its supervisor is: `ControlPlace`, or 404. */
export const controlPortPath = "/control.json";

export interface ControlPlace {
  readonly port: number;
}

/** Paths on the supervisor's port: events of `ControlState`, and three requests by POST. */
export const controlPaths = {
  state: "/state",
  kill: "/kill",
  restart: "/restart",
  /** `?on=1` or `?on=0`. */
  company: "/company",
} as const;

export interface ControlState {
  /** `"dead"`: it was killed, or died, and nobody has started it again. */
  readonly server: "starting" | "running" | "dead";
  /** Of the server's process. */
  readonly pid: number | null;
  /** How often it was started. */
  readonly runs: number;
  /** Whether the simulated people talk; null if there are none. */
  readonly hasCompany: boolean | null;
}
