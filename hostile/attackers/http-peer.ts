import type { Socket } from "node:net";
import type { Field, Origin } from "./field.ts";

export interface Answer {
  readonly status: number;
  readonly body: string;
}

/** One kept connection for requests, one after another. */
export class HttpPeer {
  readonly socket: Socket;
  private readonly field: Field;
  private received = "";
  private onAnswer: ((answer: Answer) => void) | null = null;

  constructor(field: Field, origin: Origin = "many") {
    this.field = field;
    this.socket = field.connect(origin);
    this.socket.on("data", (chunk: Buffer) => this.take(chunk));
  }

  /** Asks for a path below the server's; what is refused is counted, and not told. */
  ask(query: string, told: (answer: Answer) => void = () => {}, body?: string): void {
    this.onAnswer = told;
    this.socket.write(head(query, body === undefined ? null : Buffer.byteLength(body)));
    if (body !== undefined) this.socket.write(body);
  }

  private take(chunk: Buffer): void {
    this.received += chunk.toString("latin1");
    for (;;) {
      const end = this.received.indexOf("\r\n\r\n");
      if (end === -1) return;
      const length = /content-length: (\d+)/i.exec(this.received.slice(0, end))?.[1] ?? "0";
      const bodyEnd = end + 4 + Number(length);
      if (this.received.length < bodyEnd) return;
      const status = Number(this.received.slice(9, 12));
      const body = this.received.slice(end + 4, bodyEnd);
      this.received = this.received.slice(bodyEnd);
      const told = this.onAnswer;
      this.onAnswer = null;
      if (status === 200) told?.({ status, body });
      else {
        this.field.count(`refused ${status}`);
        this.socket.destroy();
        return;
      }
    }
  }
}

/** The head of a request for the Socket.IO path; a POST if there is a body. */
export function head(query: string, bodyBytes: number | null): string {
  const lines = [
    `${bodyBytes === null ? "GET" : "POST"} /socket.io/?${query} HTTP/1.1`,
    "Host: 127.0.0.1",
    ...(bodyBytes === null
      ? []
      : [`Content-Length: ${bodyBytes}`, "Content-Type: text/plain;charset=UTF-8"]),
  ];
  return `${lines.join("\r\n")}\r\n\r\n`;
}

const POLLING = "EIO=4&transport=polling";

/** Opens a session over polling; `begin` gets the query that names it. */
export function openPolling(
  field: Field,
  begin: (peer: HttpPeer, query: string) => void,
  origin: Origin = "many",
): HttpPeer {
  const peer = new HttpPeer(field, origin);
  peer.ask(POLLING, ({ body }) => {
    const sid = /"sid":"([^"]+)"/.exec(body)?.[1];
    if (sid === undefined) return;
    field.count("sessions");
    begin(peer, `${POLLING}&sid=${sid}`);
  });
  return peer;
}
