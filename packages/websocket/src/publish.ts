import { isBlob, type SendData, toBytes } from "./send-data.ts";
import { SharedMessage } from "./shared-message.ts";
import { deliver, WebSocket } from "./websocket.ts";

export interface PublishOptions {
  /** Sends a binary message; by default everything but a string is one. */
  binary?: boolean | undefined;
  /** Who does not get it. */
  except?: WebSocket | Iterable<WebSocket> | undefined;
}

/**
 * Sends one message to many, framed and compressed once. Returns to how many.
 *
 * @throws TypeError for a Blob, whose bytes are not there yet
 */
export function deliverTo(
  receivers: Iterable<WebSocket>,
  data: SendData,
  options: PublishOptions | undefined,
): number {
  if (isBlob(data)) {
    throw new TypeError("A Blob cannot be published: pass its bytes, `await blob.arrayBuffer()`");
  }
  const isBinary = options?.binary ?? (typeof data !== "string" && typeof data !== "number");
  // Many hold these bytes until they are written: the caller's must be free to change.
  const message = new SharedMessage(toBytes(data), isBinary);
  const except = options?.except;
  const isLeftOut =
    except === undefined
      ? null
      : except instanceof WebSocket
        ? (socket: WebSocket): boolean => socket === except
        : leftOut(except);
  let count = 0;
  for (const receiver of receivers) {
    if (isLeftOut?.(receiver)) continue;
    if (deliver(receiver, message)) count += 1;
  }
  return count;
}

function leftOut(except: Iterable<WebSocket>): (socket: WebSocket) => boolean {
  const set = new Set(except);
  return (socket) => set.has(socket);
}
