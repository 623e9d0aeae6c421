/**
 * node:net with the least WebSocket that passes the bench: the price of Node's sockets themselves.
 *
 * It trusts its peer: masked frames, no control frame but close, no limits, no UTF-8 check. Payloads
 * are unmasked where they lie and leave in one write for each chunk. No product could do less.
 */
import { createHash } from "node:crypto";
import { createServer } from "node:net";
import { announce, host } from "./start.mjs";

const GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
const CLOSE = 8;

const subscribers = new Set();

function upgradeResponse(head) {
  const key = /^sec-websocket-key: *(\S+)/im.exec(head)?.[1] ?? "";
  const accept = createHash("sha1")
    .update(key + GUID)
    .digest("base64");
  return `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`;
}

function unmask(bytes, start, end, mask, phase) {
  for (let at = start; at < end; at++) bytes[at] ^= mask[(phase + at - start) & 3];
}

/** Turns masked frames into the same frames without a mask, at any cut of the stream. */
class Reframer {
  header = Buffer.allocUnsafe(14);
  headerBytes = 0;
  headerNeeds = 2;
  left = 0;
  phase = 0;
  mask = new Uint8Array(4);
  closing = false;

  /** Rewrites the chunk in place where it can; the result shares its memory or is a copy. */
  take(chunk) {
    const out = this.headerBytes > 0 ? Buffer.allocUnsafe(chunk.length + 14) : chunk;
    let at = 0;
    let to = 0;
    while (at < chunk.length) {
      if (this.left > 0) {
        const part = Math.min(this.left, chunk.length - at);
        unmask(chunk, at, at + part, this.mask, this.phase);
        if (out !== chunk || to !== at) chunk.copy(out, to, at, at + part);
        this.phase = (this.phase + part) & 3;
        this.left -= part;
        at += part;
        to += part;
        continue;
      }
      this.header[this.headerBytes++] = chunk[at++];
      if (this.headerBytes === 2) {
        const code = this.header[1] & 127;
        this.headerNeeds = code === 127 ? 14 : code === 126 ? 8 : 6;
      }
      if (this.headerBytes < this.headerNeeds || this.headerBytes < 2) continue;
      to = this.beginFrame(out, to);
    }
    return out.subarray(0, to);
  }

  beginFrame(out, to) {
    const plain = this.headerNeeds - 4;
    const code = this.header[1] & 127;
    this.left =
      code === 127
        ? this.header.readUInt32BE(6)
        : code === 126
          ? this.header.readUInt16BE(2)
          : code;
    for (let i = 0; i < 4; i++) this.mask[i] = this.header[plain + i];
    if ((this.header[0] & 15) === CLOSE) this.closing = true;
    this.header[1] = code;
    for (let i = 0; i < plain; i++) out[to + i] = this.header[i];
    this.phase = 0;
    this.headerBytes = 0;
    this.headerNeeds = 2;
    return to + plain;
  }
}

/** One object a connection, as any server has. */
class Connection {
  socket;
  reframer = null;
  path = "";

  constructor(socket) {
    this.socket = socket;
    socket.setNoDelay(true);
    socket.on("data", (chunk) => this.take(chunk));
    socket.on("error", () => socket.destroy());
    socket.on("close", () => subscribers.delete(socket));
  }

  take(chunk) {
    if (this.reframer === null) {
      this.upgrade(chunk.latin1Slice());
      return;
    }
    const frames = this.reframer.take(chunk);
    if (this.reframer.closing) this.socket.end(frames);
    else if (this.path !== "/publish") this.socket.write(frames);
    else for (const subscriber of subscribers) subscriber.write(frames);
  }

  upgrade(head) {
    this.path = head.slice(4, head.indexOf(" ", 4));
    this.reframer = new Reframer();
    this.socket.write(upgradeResponse(head));
    if (this.path === "/subscribe") subscribers.add(this.socket);
  }
}

const server = createServer((socket) => new Connection(socket));
server.listen(0, host, 4096, () => announce(server.address().port));
