import { type Answer, type Asked, ask } from "./http.ts";
import {
  type Handshake,
  type Packet,
  readHandshake,
  type Session,
  SessionOver,
} from "./session.ts";
import type { Address } from "./suite.ts";

export const SEPARATOR = "\x1e";

/** A session by HTTP long-polling, spoken by hand. */
export class PollingSession implements Session {
  readonly transport = "polling";
  readonly handshake: Handshake;
  /** Where its requests go. */
  readonly url: string;
  private readonly answersPings: boolean;
  private received: Packet[];

  private constructor(url: string, packets: Packet[], answersPings: boolean) {
    const [first, ...rest] = packets;
    this.handshake = readHandshake(first);
    this.url = `${url}&sid=${encodeURIComponent(this.handshake.sid)}`;
    this.received = rest;
    this.answersPings = answersPings;
  }

  static async open(address: Address, { answersPings = true } = {}): Promise<PollingSession> {
    const url = address.at("EIO=4&transport=polling");
    const answer = await ask(url);
    if (answer.status !== 200) throw new Error(`refused: ${answer.status} ${answer.text}`);
    return new PollingSession(url, splitBody(answer.text), answersPings);
  }

  get sid(): string {
    return this.handshake.sid;
  }

  /** The raw answer to a poll. */
  poll(asked: Asked = {}): Promise<Answer> {
    return ask(this.url, asked);
  }

  /** The raw answer to a POST of a body. */
  post(body: string | Uint8Array, asked: Asked = {}): Promise<Answer> {
    const headers = { "Content-Type": "text/plain;charset=UTF-8", ...asked.headers };
    return ask(this.url, { ...asked, method: "POST", body, headers });
  }

  async send(...packets: Packet[]): Promise<void> {
    const answer = await this.post(joinBody(packets));
    if (answer.status !== 200) throw new SessionOver(`POST: ${answer.status} ${answer.text}`);
  }

  async next(): Promise<Packet> {
    for (;;) {
      const packet = this.received.shift();
      if (packet === undefined) this.received.push(...(await this.pollPackets()));
      else if (packet === "2" && this.answersPings) await this.send("3");
      else return packet;
    }
  }

  async untilEnd(): Promise<Packet[]> {
    const packets: Packet[] = [];
    for (;;) {
      try {
        packets.push(...this.received.splice(0), ...(await this.pollPackets()));
      } catch (error) {
        if (!(error instanceof SessionOver)) throw error;
        return packets.filter((packet) => packet !== "1" && packet !== "6" && packet !== "2");
      }
    }
  }

  /** What is left over in the last body. */
  takeReceived(): Packet[] {
    return this.received.splice(0);
  }

  private async pollPackets(): Promise<Packet[]> {
    const answer = await this.poll();
    if (answer.status !== 200) throw new SessionOver(`GET: ${answer.status} ${answer.text}`);
    return splitBody(answer.text);
  }
}

/** The packets of a body. */
export function splitBody(body: string): Packet[] {
  return body
    .split(SEPARATOR)
    .map((packet) => (packet.startsWith("b") ? Buffer.from(packet.slice(1), "base64") : packet));
}

export function joinBody(packets: readonly Packet[]): string {
  return packets
    .map((packet) => (typeof packet === "string" ? packet : `b${packet.toString("base64")}`))
    .join(SEPARATOR);
}
