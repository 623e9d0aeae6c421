import { type Answer, type Asked, ask } from "./http.ts";
import type { Handshake, Packet } from "./session.ts";
import type { Address } from "./suite.ts";

/** A session by polling in version 3 of the protocol. */
export class Version3Session {
  readonly handshake: Handshake;
  readonly url: string;
  /** What came behind the open packet. */
  readonly first: readonly Packet[];

  private constructor(url: string, [open, ...rest]: Packet[]) {
    if (typeof open !== "string" || !open.startsWith("0")) throw new Error("no open packet");
    this.handshake = JSON.parse(open.slice(1)) as Handshake;
    this.url = `${url}&sid=${this.handshake.sid}`;
    this.first = rest;
  }

  static async open(address: Address, query = ""): Promise<Version3Session> {
    const url = address.at(`EIO=3&transport=polling${query}`);
    const answer = await ask(url);
    if (answer.status !== 200) throw new Error(`refused: ${answer.status} ${answer.text}`);
    return new Version3Session(url, splitAnswer(answer));
  }

  get sid(): string {
    return this.handshake.sid;
  }

  poll(asked: Asked = {}): Promise<Answer> {
    return ask(this.url, asked);
  }

  post(body: string | Uint8Array): Promise<Answer> {
    const type = typeof body === "string" ? "text/plain;charset=UTF-8" : "application/octet-stream";
    return ask(this.url, { method: "POST", body, headers: { "Content-Type": type } });
  }

  async next(): Promise<Packet[]> {
    const answer = await this.poll();
    if (answer.status !== 200) throw new Error(`refused: ${answer.status} ${answer.text}`);
    return splitAnswer(answer);
  }
}

/** The packets of an answer, by the type of its body. */
export function splitAnswer({ headers, bytes, text }: Answer): Packet[] {
  return headers["content-type"] === "application/octet-stream"
    ? splitBytes(bytes)
    : splitText(text);
}

/** `<length in UTF-16 units>:<packet>`; bytes are `b4` and base64. */
export function splitText(body: string): Packet[] {
  const packets: Packet[] = [];
  for (let at = 0; at < body.length; ) {
    const colon = body.indexOf(":", at);
    const end = colon + 1 + Number(body.slice(at, colon));
    const packet = body.slice(colon + 1, end);
    packets.push(packet.startsWith("b4") ? Buffer.from(packet.slice(2), "base64") : packet);
    at = end;
  }
  return packets;
}

/** `<0 text | 1 bytes><each digit of the length><255><packet>`; bytes begin with a 4. */
export function splitBytes(body: Buffer): Packet[] {
  const packets: Packet[] = [];
  for (let at = 0; at < body.length; ) {
    const mark = body.indexOf(255, at);
    const end = mark + 1 + Number([...body.subarray(at + 1, mark)].join(""));
    const packet = body.subarray(mark + 1, end);
    packets.push(body[at] === 1 ? packet.subarray(1) : packet.toString());
    at = end;
  }
  return packets;
}

export function joinText(...packets: string[]): string {
  return packets.map((packet) => `${packet.length}:${packet}`).join("");
}

export function joinBytes(...packets: Packet[]): Buffer {
  return Buffer.concat(
    packets.flatMap((packet) => {
      const isText = typeof packet === "string";
      const bytes = isText ? Buffer.from(packet) : Buffer.concat([Buffer.of(4), packet]);
      const digits = [...String(bytes.length)].map(Number);
      return [Buffer.of(isText ? 0 : 1, ...digits, 255), bytes];
    }),
  );
}
