import type { Field } from "../attackers/field.ts";
import { frame, opcodes } from "../attackers/frames.ts";
import { head, openPolling } from "../attackers/http-peer.ts";
import { openWebSocket } from "../attackers/websocket-peer.ts";
import type { Attack } from "./attack.ts";

/** Packets that are none (Engine.IO's prefix included), each a way in which some server was broken. */
const packets = [
  "",
  "9",
  "x",
  "b!!!!",
  "bAAAA",
  "4",
  "49",
  "42",
  "42[",
  "42{}",
  "42[]",
  '42[{"toString":"foo"}]',
  '42["error","x"]',
  '42["disconnect"]',
  '42["__proto__"]',
  '451-["e",{"_placeholder":true,"num":"splice"}]',
  '45999-["e"]',
  '450-["e"]',
  "40",
  "44{}",
  '43["no id"]',
  `42${"9".repeat(400)}["e"]`,
  `40/${"n".repeat(5_000)},`,
  "40/n?__proto__=x",
  `42["e",${"[".repeat(20_000)}${"]".repeat(20_000)}]`,
  "5",
  "2probe",
  "3probe",
  "1",
  "6",
] as const;

/** Heads that are none, or not for this server. */
const heads = [
  "\r\n\r\n\r\n",
  "GET\r\n\r\n",
  "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
  "GET /socket.io/?EIO=4&transport=__proto__ HTTP/1.1\r\nHost: x\r\n\r\n",
  "GET /socket.io/?EIO=4&transport=polling&sid=__proto__ HTTP/1.1\r\nHost: x\r\n\r\n",
  "GET /socket.io/?EIO=9&transport=websocket HTTP/1.1\r\nHost: x\r\n\r\n",
  "PUT /socket.io/?EIO=4&transport=polling HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n",
  "GET /socket.io/%zz?EIO=%zz HTTP/1.1\r\nHost: x\r\n\r\n",
  "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
  "GET /socket.io/?EIO=4&transport=polling HTTP/1.1\r\nHost: x\r\nOrigin: https://evil.example\r\n\r\n",
  `GET /socket.io/?${"a=1&".repeat(3_000)} HTTP/1.1\r\nHost: x\r\n\r\n`,
] as const;

/** Bytes that repeat only after a long time, and are the same in each run. */
function noise(length: number, seed: number): Buffer {
  const bytes = Buffer.alloc(length);
  let state = (seed * 2_654_435_761) >>> 0 || 1;
  for (let at = 0; at < length; at += 1) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    bytes[at] = state & 0xff;
  }
  return bytes;
}

function oneOf<Each>(all: readonly Each[], turn: number): Each {
  const found = all[turn % all.length];
  if (found === undefined) throw new RangeError("there must be one");
  return found;
}

/** One after another, each over a connection of its own, which is let go when nothing more comes. */
const kinds: readonly ((field: Field, turn: number) => void)[] = [
  (field, turn) => {
    const socket = field.connect();
    socket.end(oneOf(heads, turn));
    socket.resume();
  },
  (field, turn) => {
    const socket = openWebSocket(field, (upgraded) => upgraded.end(noise(500, turn)));
    socket.resume();
  },
  (field, turn) => {
    openWebSocket(field, (upgraded) => upgraded.end(frame(opcodes.text, oneOf(packets, turn))));
  },
  (field, turn) => {
    openWebSocket(field, (upgraded) => upgraded.end(frame(opcodes.binary, noise(50, turn))));
  },
  (field, turn) => {
    openPolling(field, (peer, query) => {
      const body = turn % 2 === 0 ? oneOf(packets, turn) : noise(200, turn).toString("latin1");
      peer.socket.end(`${head(query, Buffer.byteLength(body))}${body}`);
    });
  },
];

const PER_SECOND = 400;

export const garbage: Attack = {
  about: `${PER_SECOND} connections a second, with what is no HTTP, no frame, no packet, or no event`,
  begin(field) {
    let turn = 0;
    field.every(PER_SECOND, () => {
      turn += 1;
      field.count("connections");
      // Each kind with each of its own, whatever their counts have in common.
      oneOf(kinds, turn)(field, Math.floor(turn / kinds.length));
    });
  },
};
