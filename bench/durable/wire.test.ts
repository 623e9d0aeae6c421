import { createServer, type Server, type Socket } from "node:net";
import { afterEach, expect, test } from "vitest";
import { cursorIn, Wire } from "./wire.mjs";

const handshake = Buffer.from("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n");

/** As servers send it: not masked. */
function frameOf(text: string): Buffer {
  const bytes = Buffer.from(text);
  const head =
    bytes.length < 126
      ? Buffer.of(0x81, bytes.length)
      : Buffer.of(0x81, 126, bytes.length >> 8, bytes.length & 0xff);
  return Buffer.concat([head, bytes]);
}

let server: Server | undefined;

afterEach(() => {
  server?.close();
});

/** A server that answers the first bytes with these, in two pieces. */
function serverOf(answer: Buffer, cut: number): Promise<number> {
  return new Promise((resolve) => {
    server = createServer((socket: Socket) => {
      socket.setNoDelay();
      socket.on("error", () => {});
      socket.once("data", () => {
        if (cut === 0) socket.write(answer);
        else {
          socket.write(answer.subarray(0, cut));
          // The client, in this very process, reads between two turns.
          setImmediate(() => setImmediate(() => socket.write(answer.subarray(cut))));
        }
      });
    });
    server.listen(0, "127.0.0.1", () => {
      const address = server?.address();
      resolve(typeof address === "object" && address !== null ? address.port : 0);
    });
  });
}

const long = "x".repeat(300);
const answer = Buffer.concat([
  handshake,
  frameOf('40{"sid":"a","pid":"p1"}'),
  frameOf('42["said","one","cursor1"]'),
  frameOf("2"),
  frameOf(`42["said","${long}","cursor2"]`),
]);

test("reads what a server sends, wherever it is cut", async () => {
  for (let cut = 0; cut < answer.length; cut += 1) {
    const port = await serverOf(answer, cut);
    const wire = new Wire();
    const cursors: string[] = [];
    const all = new Promise<void>((resolve) => {
      wire.onMessage = (bytes: Buffer, start: number, end: number) => {
        cursors.push(cursorIn(bytes, start, end));
        if (cursors.length === 2) resolve();
      };
    });
    await wire.open(port, {});
    await all;
    expect([wire.pid, wire.messages, cursors]).toEqual(["p1", 2, ["cursor1", "cursor2"]]);
    wire.cut();
    server?.close();
  }
});

test("says when a server refuses the handshake", async () => {
  const port = await serverOf(Buffer.from("HTTP/1.1 503 Busy\r\n\r\n"), 0);
  await expect(new Wire().open(port, {})).rejects.toThrow("503");
});
