import { type Packet, packetTypes } from "@openline/protocol/socket";
import { after } from "../platform/timers.ts";
import type { Socket } from "../socket.ts";

/** What became of a request: the answer; none for too long; or none, since the line is lost. */
export type Outcome =
  | { readonly kind: "answer"; readonly answer: unknown }
  | { readonly kind: "timeout" }
  | { readonly kind: "lost" };

/** Acknowledgements of the application count from 0; ours from here. */
const FIRST_ID = 2 ** 32;

/** Node's and browsers' sockets alike, whatever the application has made of their types. */
export type AnySocket = Pick<Socket, "io" | "nsp" | "connected">;

/**
 * Asks the server by acknowledgements, past the socket's own buffers and retries: a request leaves on
 * the line at hand or never, so that none is repeated behind its asker's back.
 */
export class Requests {
  readonly #socket: AnySocket;
  readonly #pending = new Map<number, (outcome: Outcome) => void>();
  #nextId = FIRST_ID;
  /** The server is one that answers. */
  hasAnswered = false;

  constructor(socket: AnySocket) {
    this.#socket = socket;
    socket.io.on("packet", (packet: Packet) => this.#take(packet));
  }

  /** Asks, only to be called while the socket is connected; `done` is called once. */
  ask(
    event: string,
    fields: object | undefined,
    timeoutMs: number,
    done: (outcome: Outcome) => void,
  ): void {
    const { io } = this.#socket;
    const id = this.#nextId++;
    const stop = after(io.opts, timeoutMs, () => settle({ kind: "timeout" }));
    const settle = (outcome: Outcome): void => {
      stop();
      if (this.#pending.delete(id)) done(outcome);
    };
    this.#pending.set(id, settle);
    this.#send(fields === undefined ? [event] : [event, fields], id);
  }

  /** Sends an event that nobody answers. */
  tell(event: string, fields: object): void {
    this.#send([event, fields]);
  }

  /** No answer can come any more. */
  lose(): void {
    for (const settle of [...this.#pending.values()]) settle({ kind: "lost" });
  }

  #send(data: unknown[], id?: number): void {
    const { io, nsp } = this.#socket;
    const packet = { type: packetTypes.event, nsp, data, options: { compress: true } };
    io._packet(id === undefined ? packet : { ...packet, id });
  }

  #take({ nsp, type, id, data }: Packet): void {
    // Other parsers keep what is 3 more, which says that there are attachments.
    if (nsp !== this.#socket.nsp || type === 0 || type % 3 !== 0) return;
    const settle = this.#pending.get(id!); // which acknowledgements have, and data
    if (settle === undefined) return;
    this.hasAnswered = true;
    settle({ kind: "answer", answer: (data as unknown[])[0] });
  }
}
