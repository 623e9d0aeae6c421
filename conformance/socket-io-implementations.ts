import * as openline from "openline";
import * as stock from "socket.io";

/** One of the servers that are held to the same tests. */
export interface Implementation {
  readonly name: "socket.io" | "openline";
  readonly Server: typeof openline.Server;
}

/**
 * Socket.IO itself, whose passing shows that a test is right, and ours. Where they differ on purpose
 * (docs/migrating-from-socket-io.md), tests ask for the name.
 */
export const implementations: readonly Implementation[] = [
  // That the two have one shape is what the suites prove, and the compiler by types/*.ts.
  { name: "socket.io", Server: stock.Server as unknown as typeof openline.Server },
  { name: "openline", Server: openline.Server },
];
