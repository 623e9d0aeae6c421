import type { ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { type EngineErrorCode, engineErrorMessages, engineErrors } from "@openline/protocol/engine";
import { refuseUpgrade } from "@openline/websocket/link";

/** What a refused request is told. */
export interface RefusalAnswer {
  readonly code: EngineErrorCode;
  /** By default the code's own. */
  readonly message?: string | undefined;
  /** What exactly was wrong, and what to do about it. */
  readonly detail?: string | undefined;
  /** By default the code's own. */
  readonly status?: number | undefined;
  /** The server is going away, or full: when it is worth to come back, in seconds. */
  readonly retryAfterS?: number | undefined;
  /** The same to the millisecond, for whoever reads the body. */
  readonly retryAfterMs?: number | undefined;
}

export function refuseRequest(response: ServerResponse, answer: RefusalAnswer): void {
  response.writeHead(statusOf(answer), headersOf(answer));
  response.end(bodyOf(answer));
}

export function refuseUpgradeRequest(socket: Duplex, answer: RefusalAnswer): void {
  // At no time may a hang-up of the client be an unhandled 'error'.
  socket.on("error", destroyOnError);
  if (!socket.writable) {
    socket.destroy();
    return;
  }
  refuseUpgrade(socket, statusOf(answer), bodyOf(answer), headersOf(answer));
}

function bodyOf(answer: RefusalAnswer): string {
  const { code, message = engineErrorMessages[code], detail, retryAfterMs } = answer;
  // What is undefined is left out.
  return JSON.stringify({ code, message, detail, retryAfterMs });
}

function headersOf({ retryAfterS }: RefusalAnswer): Record<string, string> {
  const headers = { "Content-Type": "application/json" };
  // A connection that stays open would keep the server from ending.
  return retryAfterS === undefined
    ? headers
    : { ...headers, "Retry-After": String(retryAfterS), Connection: "close" };
}

function statusOf({ code, status, retryAfterS }: RefusalAnswer): number {
  if (status !== undefined) return status;
  if (retryAfterS !== undefined) return 503;
  return code === engineErrors.FORBIDDEN ? 403 : 400;
}

function destroyOnError(this: Duplex): void {
  this.destroy();
}
