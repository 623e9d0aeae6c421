import type { Socket } from "node:net";
import type { Field, Origin } from "./field.ts";
import { frame, opcodes } from "./frames.ts";

export interface PeerOptions {
  readonly origin?: Origin;
  /** Offers permessage-deflate. */
  readonly offersDeflate?: boolean;
  /** Reads what the server sends. Default true. */
  readonly reads?: boolean;
  /** Joins the main namespace. Default true. */
  readonly joins?: boolean;
  /** Sent before all else. */
  readonly prelude?: Buffer;
}

/** Opens a session over WebSocket, as raw as an attacker wants it. */
export function openWebSocket(
  field: Field,
  begin: (socket: Socket) => void,
  { origin = "many", offersDeflate = false, reads = true, joins = true, prelude }: PeerOptions = {},
): Socket {
  const socket = field.connect(origin);
  socket.write(upgrade(field.port, offersDeflate));
  let isOpen = false;
  socket.on("data", (chunk: Buffer) => {
    if (isOpen) {
      const code = closeCodeIn(chunk);
      if (code !== null) {
        field.count(`closed ${code}`);
        // An attacker does not wait: it comes back.
        socket.destroy();
      }
      return;
    }
    const status = chunk.subarray(9, 12).toString("latin1");
    if (status !== "101") {
      field.count(`refused ${status}`);
      socket.destroy();
      return;
    }
    isOpen = true;
    field.count("sessions");
    if (!reads) socket.pause();
    if (prelude !== undefined) socket.write(prelude);
    if (joins) socket.write(frame(opcodes.text, "40"));
    begin(socket);
  });
  return socket;
}

function upgrade(port: number, offersDeflate: boolean): string {
  return [
    "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1",
    `Host: 127.0.0.1:${port}`,
    "Connection: Upgrade",
    "Upgrade: websocket",
    "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==",
    ...(offersDeflate ? ["Sec-WebSocket-Extensions: permessage-deflate"] : []),
    "\r\n",
  ].join("\r\n");
}

/** The code of a Close frame, if there is one among the frames that a chunk begins with. */
function closeCodeIn(chunk: Buffer): number | null {
  for (let at = 0; at + 4 <= chunk.length; ) {
    const short = (chunk[at + 1] ?? 0) & 0x7f;
    if (chunk[at] === 0x88 && short >= 2) return chunk.readUInt16BE(at + 2);
    // Still longer ones are no answers to an attack.
    if (short === 127) return null;
    at += short === 126 ? 4 + chunk.readUInt16BE(at + 2) : 2 + short;
  }
  return null;
}
