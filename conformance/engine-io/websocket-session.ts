import type { OutgoingHttpHeaders } from "node:http";
import { WebSocket } from "ws";
import { within } from "./http.ts";
import {
  type Handshake,
  type Packet,
  readHandshake,
  type Session,
  SessionOver,
} from "./session.ts";
import type { Address } from "./suite.ts";

/** One WebSocket connection: packets out, packets in, in their order. */
export class Line {
  readonly socket: WebSocket;
  private readonly received: Packet[] = [];
  private waiting: (() => void)[] = [];
  private isOver = false;
  /** The code of its end. */
  code = 0;
  /** Pings are answered, and not handed on. */
  answersPings = true;

  private constructor(socket: WebSocket) {
    this.socket = socket;
    socket.on("message", (data: Buffer, isBinary) => {
      const packet = isBinary ? data : data.toString();
      if (packet === "2" && this.answersPings) socket.send("3");
      else this.received.push(packet);
      this.wake();
    });
    socket.on("close", (code) => {
      this.isOver = true;
      this.code = code;
      this.wake();
    });
    socket.on("error", () => this.wake());
  }

  /** Begins a connection, and does not wait for it. */
  static begin(url: string, headers: OutgoingHttpHeaders = {}): Line {
    // No extension: what is on the wire is what was sent.
    const options = { perMessageDeflate: false, headers: headers as Record<string, string> };
    return new Line(new WebSocket(url.replace(/^http/, "ws"), options));
  }

  /** @throws if the server refuses it */
  static async connect(url: string, headers: OutgoingHttpHeaders = {}): Promise<Line> {
    const line = Line.begin(url, headers);
    const opened = new Promise<void>((resolve, reject) => {
      line.socket.once("open", resolve);
      line.socket.once("error", reject);
    });
    await within(opened, "a WebSocket to open");
    return line;
  }

  send(...packets: Packet[]): void {
    for (const packet of packets) this.socket.send(packet);
  }

  /** @throws SessionOver */
  async next(): Promise<Packet> {
    for (;;) {
      const packet = this.received.shift();
      if (packet !== undefined) return packet;
      if (this.isOver) throw new SessionOver(`closed with ${this.code}`);
      await within(new Promise<void>((resolve) => this.waiting.push(resolve)), "a packet");
    }
  }

  /** Waits for the end; returns what came before it. */
  async untilEnd(): Promise<Packet[]> {
    while (!this.isOver) {
      await within(new Promise<void>((resolve) => this.waiting.push(resolve)), "the end");
    }
    return this.received.splice(0);
  }

  private wake(): void {
    for (const wake of this.waiting.splice(0)) wake();
  }
}

/** A session that began by WebSocket. */
export class WebSocketSession implements Session {
  readonly transport = "websocket";
  readonly handshake: Handshake;
  readonly line: Line;

  private constructor(line: Line, handshake: Handshake) {
    this.line = line;
    this.handshake = handshake;
  }

  static async open(address: Address, { answersPings = true } = {}): Promise<WebSocketSession> {
    const line = await Line.connect(address.at("EIO=4&transport=websocket"));
    line.answersPings = answersPings;
    return new WebSocketSession(line, readHandshake(await line.next()));
  }

  get sid(): string {
    return this.handshake.sid;
  }

  async send(...packets: Packet[]): Promise<void> {
    this.line.send(...packets);
  }

  next(): Promise<Packet> {
    return this.line.next();
  }

  async untilEnd(): Promise<Packet[]> {
    const packets = await this.line.untilEnd();
    return packets.filter((packet) => packet !== "1" && packet !== "6" && packet !== "2");
  }
}
