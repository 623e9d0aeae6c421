import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { emptyHeader, readFrameHeader } from "@openline/protocol/websocket";
import { inTime } from "../engine/deadline.ts";
import { check } from "../engine/violation.ts";
import { lineOf } from "./connection-run.ts";
import { MemorySocket } from "./memory-socket.ts";

/** What our sockets and those of `ws` have in common here. */
export interface AnySocket {
  on(event: string, listener: (...values: never[]) => void): unknown;
}

/** What our servers and those of `ws` have in common here. */
export interface AnyServer {
  handleUpgrade(
    request: IncomingMessage,
    socket: Duplex,
    head: Buffer,
    then: (socket: AnySocket) => void,
  ): void;
}

/** What an open connection has told, and what it has answered. */
export interface Session {
  readonly events: string[];
  /** The code of the error, without `WS_ERR_`. */
  readonly fault: string | null;
  /** The close code that was sent to the peer: 1005 for a Close frame without, null for no frame. */
  readonly sentCode: number | null;
}

const requestHeaders = {
  host: "example.com",
  upgrade: "websocket",
  connection: "Upgrade",
  "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
  "sec-websocket-version": "13",
};

/** Upgrades a connection without a network, feeds it `chunks`, and waits until it is closed. */
export async function runSession(
  server: AnyServer,
  chunks: readonly Uint8Array[],
  extensions: string,
): Promise<Session> {
  const socket = new MemorySocket();
  const request = {
    method: "GET",
    url: "/",
    httpVersion: "1.1",
    headers: { ...requestHeaders, "sec-websocket-extensions": extensions },
    socket,
  };
  const events: string[] = [];
  let fault: string | null = null;
  let closes = 0;
  const closed = new Promise<void>((resolve) => {
    // What a server looks at of a request is there.
    server.handleUpgrade(request as never, socket, Buffer.alloc(0), (opened) => {
      opened.on("message", (data: Uint8Array, isBinary: boolean) => {
        events.push(lineOf(isBinary ? "binary" : "text", data, 0, data.length));
      });
      opened.on("ping", (data: Uint8Array) => events.push(lineOf("ping", data, 0, data.length)));
      opened.on("pong", (data: Uint8Array) => events.push(lineOf("pong", data, 0, data.length)));
      opened.on("error", (error: Error & { code?: string }) => {
        fault = (error.code ?? error.message).replace("WS_ERR_", "");
      });
      opened.on("close", () => {
        closes += 1;
        resolve();
      });
    });
  });
  for (const chunk of chunks) socket.receive(chunk);
  socket.receiveEnd();
  await inTime(closed, "a connection does not close when its stream has ended");
  check(closes === 1, "a connection closes twice");
  return { events, fault, sentCode: sentCodeOf(Buffer.concat(socket.written)) };
}

/** Reads what a server has written: the 101, then frames that must be whole and legal. */
function sentCodeOf(written: Uint8Array): number | null {
  const headEnd = Buffer.from(written).indexOf("\r\n\r\n");
  check(headEnd > 0, "there is no answer to the handshake");
  return readServerFrames(written.subarray(headEnd + 4));
}

/** The close code in frames that a server wrote; null when it sent no Close frame. */
export function readServerFrames(bytes: Uint8Array): number | null {
  const header = emptyHeader();
  let at = 0;
  let code: number | null = null;
  while (at < bytes.length) {
    check(code === null, "a frame follows a Close frame");
    check(readFrameHeader(bytes, at, bytes.length, header), "a server writes half a header");
    const start = at + header.headerLength;
    const end = start + header.payloadLength;
    const { opcode, fin, isMasked, rsv2, rsv3 } = header;
    check(end <= bytes.length, "a server writes half a frame");
    check(fin && !isMasked && !rsv2 && !rsv3, "a server writes a frame that is not legal");
    if (opcode === 8) {
      code = header.payloadLength === 0 ? 1005 : (bytes[start]! << 8) | bytes[start + 1]!;
    }
    at = end;
  }
  return code;
}
