import type { Author } from "../../protocol/chat-contract.ts";
import { cleanText } from "./names.ts";

interface StampedSocket {
  use(middleware: (event: readonly [string, ...unknown[]], next: () => void) => void): unknown;
}

/** Lets everything that a client publishes carry its author as the server knows them, and clean text. */
export function stampPublishes(socket: StampedSocket, authorOf: () => Author): void {
  socket.use(([event, fields], next) => {
    if (event === "openline:publish" && isRecord(fields)) {
      const { args, data } = fields;
      const payload = Array.isArray(args) ? args[0] : data;
      if (isRecord(payload)) {
        payload.author = authorOf();
        if (typeof payload.text === "string") payload.text = cleanText(payload.text);
      }
    }
    next();
  });
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
