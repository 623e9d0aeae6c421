import type { IncomingMessage } from "node:http";
import { Duplex } from "node:stream";
import { expect, it } from "vitest";
import { WebSocketServer } from "./index.ts";

const headers = {
  host: "example.com",
  upgrade: "websocket",
  connection: "Upgrade",
  "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
  "sec-websocket-version": "13",
  "sec-websocket-extensions": "permessage-deflate",
};

/** A masked, compressed binary message with the key 0; so long that the thread pool inflates it. */
function longMessage(firstPayloadByte: number): Buffer {
  const frame = Buffer.alloc(8 + 0x8000);
  frame.set([0xc2, 0xfe, 0x80, 0x00, 0, 0, 0, 0, firstPayloadByte]);
  return frame;
}

// The type of the first block: 11 is reserved, 00 stored with a length that does not check.
it.each([0x07, 0x01])(
  "closes, and leaves the clients, when the connection goes before %i is known to be no deflate data",
  async (firstPayloadByte) => {
    const server = new WebSocketServer({ noServer: true, perMessageDeflate: true });
    const duplex = new Duplex({ read() {}, write: (_chunk, _encoding, done) => done() });
    const request = { method: "GET", url: "/", httpVersion: "1.1", headers, socket: duplex };
    const told: unknown[] = [];
    await new Promise<void>((resolve) => {
      // What the server looks at of a request is there.
      server.handleUpgrade(
        request as unknown as IncomingMessage,
        duplex,
        Buffer.alloc(0),
        (socket) => {
          socket.on("error", (error: Error & { code?: string }) => told.push(error.code));
          socket.on("close", (code) => {
            told.push(code);
            resolve();
          });
          // The link hears of the message first, and then of the loss.
          duplex.once("data", () => duplex.destroy());
        },
      );
      duplex.push(longMessage(firstPayloadByte));
    });
    expect(told).toEqual(["WS_ERR_INVALID_DEFLATE_DATA", 1006]);
    expect(server.clients.size).toBe(0);
    await server.shutdown();
  },
);
