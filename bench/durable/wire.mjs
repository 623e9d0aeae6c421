/**
 * A client of Socket.IO that costs little: a raw socket on loopback that reads frames' headers, and
 * of their payloads what its owner wants to look at.
 */
import { randomBytes } from "node:crypto";
import { connect } from "node:net";

const host = "127.0.0.1";
const headEnd = Buffer.from("\r\n\r\n");
const noBytes = Buffer.alloc(0);
/** All sockets of a process read into the same bytes: each is done with them before the next reads. */
const sharedBytes = Buffer.allocUnsafe(256 * 1024);

const close = 0x88;
const engineMessage = 0x34; // "4"
const enginePing = 0x32; // "2"
const packetConnect = 0x30; // "0"
const packetConnectError = 0x34; // "4"

/**
 * A frame of a client, each character a byte, so that many are one string, and one write. Its mask is
 * zero, which is a mask like any other to the server.
 */
export function frameOf(payload) {
  const { length } = payload;
  if (length < 126) return `\x81${String.fromCharCode(0x80 | length)}\0\0\0\0${payload}`;
  return `\x81\xfe${String.fromCharCode(length >> 8, length & 0xff)}\0\0\0\0${payload}`;
}

const pong = frameOf("3");

/** One connection, with a session in the main namespace. */
export class Wire {
  /** Called with each message but the CONNECT: `(bytes, start, end, wire)`, its "4" included. */
  onMessage = () => {};
  /** Called when the connection ends though nobody here has ended it. */
  onLost = () => {};
  messages = 0;
  /** Of the session: what a client sends back to resume it. */
  pid = "";
  cursor = "";
  #socket = null;
  #rest = noBytes;
  #isUpgraded = false;
  #settle = null;

  /** Resolves when the server has answered the CONNECT, with what it has said. */
  open(port, auth) {
    this.messages = 0;
    this.#rest = noBytes;
    this.#isUpgraded = false;
    return new Promise((resolve, reject) => {
      this.#settle = { resolve, reject };
      const socket = connect({
        host,
        port,
        noDelay: true,
        onread: {
          buffer: sharedBytes,
          callback: (length, bytes) => {
            if (socket === this.#socket) this.#read(bytes.subarray(0, length));
            return true;
          },
        },
      });
      this.#socket = socket;
      socket.on("error", reject);
      socket.on("close", () => {
        reject(new Error("the server has ended the connection"));
        if (socket === this.#socket) this.onLost(this);
      });
      socket.write(
        `GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: ${host}:${port}\r\n` +
          "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n" +
          `Sec-WebSocket-Key: ${randomBytes(16).toString("base64")}\r\n\r\n`,
      );
      // The server reads it once it has upgraded: one turn less for each of thousands.
      this.send(frameOf(`40${JSON.stringify(auth ?? {})}`));
    });
  }

  /** Sends frames, whole. */
  send(frames) {
    this.#socket.write(frames, "latin1");
  }

  /** Ends the connection as a network does: without a word. */
  cut() {
    const socket = this.#socket;
    this.#socket = null;
    socket?.resetAndDestroy();
  }

  #read(fresh) {
    let bytes = fresh;
    if (this.#rest.length > 0) bytes = Buffer.concat([this.#rest, fresh]);
    this.#rest = noBytes;
    let at = 0;
    if (!this.#isUpgraded) {
      const end = bytes.indexOf(headEnd);
      if (end < 0) {
        this.#rest = Buffer.from(bytes);
        return;
      }
      const status = bytes.toString("latin1", 9, 12);
      if (status !== "101") {
        this.#settle.reject(new Error(`the server answers the handshake with ${status}`));
        this.cut();
        return;
      }
      this.#isUpgraded = true;
      at = end + headEnd.length;
    }
    while (bytes.length - at >= 2) {
      let start = at + 2;
      let length = bytes[at + 1];
      if (length === 126) {
        if (bytes.length - at < 4) break;
        length = bytes.readUInt16BE(at + 2);
        start = at + 4;
      } else if (length === 127) {
        if (bytes.length - at < 10) break;
        length = Number(bytes.readBigUInt64BE(at + 2));
        start = at + 10;
      }
      const end = start + length;
      if (end > bytes.length) break;
      this.#take(bytes, at, start, end);
      at = end;
    }
    if (at < bytes.length) this.#rest = Buffer.from(bytes.subarray(at));
  }

  #take(bytes, at, start, end) {
    if (bytes[at] === close) return;
    const type = bytes[start];
    if (type === enginePing) {
      this.send(pong);
    } else if (type === engineMessage) {
      if (bytes[start + 1] === packetConnect) {
        const answer = JSON.parse(bytes.latin1Slice(start + 2, end));
        this.pid = answer.pid ?? "";
        this.#settle.resolve(answer);
      } else if (bytes[start + 1] === packetConnectError) {
        this.#settle.reject(new Error(bytes.latin1Slice(start, end)));
      } else {
        this.messages += 1;
        this.onMessage(bytes, start, end, this);
      }
    }
  }
}

/** The cursor at the end of an event's text: `…,"cursor"]`. */
export function cursorIn(bytes, start, end) {
  const last = end - 2;
  const first = bytes.lastIndexOf(0x22, last - 1);
  return first < start ? "" : bytes.latin1Slice(first + 1, last);
}
