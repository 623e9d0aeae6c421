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
}

export function refuseRequest(response: ServerResponse, answer: RefusalAnswer): void {
  response.writeHead(statusOf(answer.code), { "Content-Type": "application/json" });
  response.end(bodyOf(answer));
}

export function refuseUpgradeRequest(socket: Duplex, answer: RefusalAnswer): void {
  // At no time may a hang-up of the client be an unhandled 'error'.
  socket.on("error", destroyOnError);
  if (!socket.writable) {
    socket.destroy();
    return;
  }
  refuseUpgrade(socket, statusOf(answer.code), bodyOf(answer), {
    "Content-Type": "application/json",
  });
}

function bodyOf({ code, message = engineErrorMessages[code], detail }: RefusalAnswer): string {
  return JSON.stringify(detail === undefined ? { code, message } : { code, message, detail });
}

function statusOf(code: EngineErrorCode): number {
  return code === engineErrors.FORBIDDEN ? 403 : 400;
}

function destroyOnError(this: Duplex): void {
  this.destroy();
}
