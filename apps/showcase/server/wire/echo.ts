import type { WebSocket } from "@openline/websocket";
import { wishes } from "../../protocol/wire.ts";
import type { TokenBucket } from "../chat/token-bucket.ts";
import { preciseNowMs } from "./clock.ts";

/** Sends back what comes, or what the page cannot do itself: pings and fragments. */
export function echo(socket: WebSocket, bucket: TokenBucket): void {
  socket.on("message", (data, isBinary) => {
    if (bucket.take(preciseNowMs()) > 0) {
      socket.close(1008, "too many messages: wait a moment");
      return;
    }
    const text = isBinary ? "" : data.toString();
    if (text === wishes.ping) socket.ping("are you there?");
    else if (text.startsWith(wishes.fragments)) {
      sendInThree(socket, text.slice(wishes.fragments.length));
    } else socket.send(data, { binary: isBinary });
  });
}

function sendInThree(socket: WebSocket, text: string): void {
  const characters = [...text];
  const third = Math.max(1, Math.ceil(characters.length / 3));
  const parts = [0, 1, 2].map((at) => characters.slice(at * third, (at + 1) * third).join(""));
  for (const [at, part] of parts.entries()) socket.send(part, { fin: at === 2 });
}
