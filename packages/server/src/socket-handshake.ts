import type { Auth } from "./client.ts";
import type { EngineSocket } from "./engine/engine-socket.ts";
import type { EngineIncomingMessage } from "./http/handshake-request.ts";
import type { Handshake } from "./rooms/handshake.ts";

/** How a client came, and what it said when it connected to the namespace. */
export function describeHandshake(conn: EngineSocket, auth: Auth, issuedMs: number): Handshake {
  // Users may have dropped it.
  const request = conn.request as EngineIncomingMessage | null | undefined;
  return {
    headers: request?.headers ?? {},
    time: String(new Date(issuedMs)),
    address: conn.remoteAddress ?? "",
    xdomain: request?.headers.origin !== undefined,
    secure: (request?.socket as { encrypted?: boolean } | undefined)?.encrypted === true,
    issued: issuedMs,
    url: request?.url ?? "",
    query: request?._query ?? {},
    auth,
  };
}
