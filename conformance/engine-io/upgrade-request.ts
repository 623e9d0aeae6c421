import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { type Answer, DEADLINE_MS } from "./http.ts";

/** A TCP connection whose bytes are written and read by hand. */
export class RawConnection {
  readonly socket: Socket;
  /** Everything that has come. */
  received: Buffer = Buffer.alloc(0);
  private hasEnded = false;
  private waiting: (() => void)[] = [];

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.on("data", (chunk: Buffer) => {
      this.received = Buffer.concat([this.received, chunk]);
      this.wake();
    });
    const onEnd = (): void => {
      this.hasEnded = true;
      this.wake();
    };
    socket.on("end", onEnd);
    socket.on("close", onEnd);
    // A reset is an end like any other.
    socket.on("error", onEnd);
  }

  static async open(url: string): Promise<RawConnection> {
    const { hostname, port } = new URL(url);
    const socket = connect({ host: hostname, port: Number(port) });
    await once(socket, "connect");
    return new RawConnection(socket);
  }

  get isEnded(): boolean {
    return this.hasEnded;
  }

  write(bytes: string | Uint8Array): void {
    this.socket.write(bytes);
  }

  /** Waits until what has come matches. */
  until(isThere: (received: Buffer) => boolean, what: string): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        reject(
          new Error(`waited in vain for ${what}; there is ${this.received.toString("latin1")}`),
        );
      }, DEADLINE_MS);
      const check = (): void => {
        const isDone = isThere(this.received);
        if (!isDone && !this.hasEnded) {
          this.waiting.push(check);
          return;
        }
        clearTimeout(timer);
        if (isDone) resolve();
        else reject(new Error(`the connection ended without ${what}`));
      };
      check();
    });
  }

  /** Waits until the other side has hung up. */
  async end(): Promise<void> {
    await this.until(() => this.hasEnded, "the end");
  }

  /** Reads one HTTP answer, and takes it away. */
  async answer(): Promise<Answer> {
    await this.until((bytes) => bytes.includes("\r\n\r\n"), "the head of an answer");
    const headEnd = this.received.indexOf("\r\n\r\n");
    const [first = "", ...lines] = this.received.toString("latin1", 0, headEnd).split("\r\n");
    const headers: Record<string, string> = {};
    for (const line of lines) {
      const colon = line.indexOf(":");
      headers[line.slice(0, colon).toLowerCase()] = line.slice(colon + 1).trim();
    }
    this.received = this.received.subarray(headEnd + 4);
    const isChunked = headers["transfer-encoding"] === "chunked";
    const bytes = isChunked
      ? await this.chunks()
      : await this.take(Number(headers["content-length"] ?? 0));
    return { status: Number(first.split(" ")[1]), headers, bytes, text: bytes.toString() };
  }

  private async take(count: number): Promise<Buffer> {
    await this.until((bytes) => bytes.length >= count, "the body of an answer");
    const bytes = this.received.subarray(0, count);
    this.received = this.received.subarray(count);
    return bytes;
  }

  private async chunks(): Promise<Buffer> {
    const chunks: Buffer[] = [];
    for (;;) {
      await this.until((bytes) => bytes.includes("\r\n"), "a chunk");
      const line = await this.take(this.received.indexOf("\r\n") + 2);
      const count = Number.parseInt(line.toString(), 16);
      chunks.push((await this.take(count + 2)).subarray(0, count));
      if (count === 0) return Buffer.concat(chunks);
    }
  }

  private wake(): void {
    for (const wake of this.waiting.splice(0)) wake();
  }
}

export type UpgradeFields = Readonly<Record<string, string>>;

/** The bytes of an upgrade request. */
export function formatUpgrade(url: string, fields: UpgradeFields = {}, method = "GET"): string {
  const { host, pathname, search } = new URL(url);
  const all = {
    Host: host,
    Connection: "Upgrade",
    Upgrade: "websocket",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    "Sec-WebSocket-Version": "13",
    ...fields,
  };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}`);
  return `${method} ${pathname}${search} HTTP/1.1\r\n${lines.join("\r\n")}\r\n\r\n`;
}

/** The answer to an upgrade request; the connection is let go. */
export async function askUpgrade(
  url: string,
  fields: UpgradeFields = {},
  method = "GET",
): Promise<Answer> {
  const connection = await RawConnection.open(url);
  connection.write(formatUpgrade(url, fields, method));
  try {
    return await connection.answer();
  } finally {
    connection.socket.destroy();
  }
}
