/**
 * node:net with the least WebSocket that passes the bench: the price of Node's sockets themselves.
 *
 * It trusts its peer: masked frames, no control frame but close, no limits, no UTF-8 check. Payloads
 * are unmasked where they lie, and leave in one write for each chunk. No product could do less.
 */
import { createHash } from "node:crypto";
import { createServer } from "node:net";
import { announce, host } from "./start.mjs";

const GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
const CLOSE = 8;
/** Below this the view for 32-bit words costs more than it saves. */
const WORDWISE_FROM_BYTES = 64;

const subscribers = new Set();

function upgradeResponse(head) {
  const key = /^sec-websocket-key: *(\S+)/im.exec(head)?.[1] ?? "";
  const accept = createHash("sha1")
    .update(key + GUID)
    .digest("base64");
  return `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`;
}

/** `mask` is big-endian; `phase` tells which of its bytes comes first. */
function unmask(bytes, start, end, mask, phase) {
  let at = start;
  let turn = phase;
  if (end - start >= WORDWISE_FROM_BYTES) {
    for (; (bytes.byteOffset + at) & 3; at++) bytes[at] ^= mask >>> (24 - 8 * (turn++ & 3));
    const words = new Int32Array(bytes.buffer, bytes.byteOffset + at, (end - at) >> 2);
    const by = (turn & 3) * 8;
    const rotated = by === 0 ? mask : (mask << by) | (mask >>> (32 - by));
    const word = Buffer.of(rotated >>> 24, rotated >>> 16, rotated >>> 8, rotated).readInt32LE();
    for (let i = 0; i < words.length; i++) words[i] ^= word;
    at += words.length * 4;
  }
  for (; at < end; at++) bytes[at] ^= mask >>> (24 - 8 * (turn++ & 3));
}

/** Turns masked frames into the same frames without a mask, at any cut of the stream. */
class Connection {
  socket;
  path = "";
  isOpen = false;
  isClosing = false;
  /** The beginning of a header that was cut. */
  rest = null;
  /** Of the payload at hand: what is left, the mask, and which byte of it comes next. */
  left = 0;
  mask = 0;
  phase = 0;

  constructor(socket) {
    this.socket = socket;
    socket.setNoDelay(true);
    socket.on("data", (chunk) => this.take(chunk));
    socket.on("error", () => socket.destroy());
    socket.on("close", () => subscribers.delete(socket));
  }

  take(chunk) {
    if (!this.isOpen) {
      this.upgrade(chunk.latin1Slice());
      return;
    }
    const frames = this.reframe(chunk);
    if (this.isClosing) this.socket.end(frames);
    else if (frames.length === 0) return;
    else if (this.path !== "/publish") this.socket.write(frames);
    else for (const subscriber of subscribers) subscriber.write(frames);
  }

  upgrade(head) {
    this.path = head.slice(4, head.indexOf(" ", 4));
    this.isOpen = true;
    this.socket.write(upgradeResponse(head));
    if (this.path === "/subscribe") subscribers.add(this.socket);
  }

  /** Rewrites the chunk in place: what comes out is never longer than what came in. */
  reframe(chunk) {
    const bytes = this.rest === null ? chunk : Buffer.concat([this.rest, chunk]);
    this.rest = null;
    let at = 0;
    let to = 0;
    while (at < bytes.length) {
      if (this.left === 0) {
        const payload = this.beginFrame(bytes, at, to);
        if (payload === 0) {
          this.rest = Buffer.from(bytes.subarray(at));
          break;
        }
        to += payload - at - 4;
        at = payload;
      }
      const part = Math.min(this.left, bytes.length - at);
      unmask(bytes, at, at + part, this.mask, this.phase);
      bytes.copyWithin(to, at, at + part);
      this.phase = (this.phase + part) & 3;
      this.left -= part;
      at += part;
      to += part;
    }
    return bytes.subarray(0, to);
  }

  /** Moves the header without its mask to `to`; returns where the payload begins, or 0. */
  beginFrame(bytes, at, to) {
    if (bytes.length - at < 2) return 0;
    const code = bytes[at + 1] & 127;
    const plain = code === 127 ? 10 : code === 126 ? 4 : 2;
    if (bytes.length - at < plain + 4) return 0;
    if (code === 127) this.left = bytes.readUInt32BE(at + 6);
    else this.left = code === 126 ? bytes.readUInt16BE(at + 2) : code;
    this.mask = bytes.readUInt32BE(at + plain) | 0;
    this.phase = 0;
    if ((bytes[at] & 15) === CLOSE) this.isClosing = true;
    bytes[at + 1] = code;
    bytes.copyWithin(to, at, at + plain);
    return at + plain + 4;
  }
}

const server = createServer((socket) => new Connection(socket));
server.listen(0, host, 4096, () => announce(server.address().port));
