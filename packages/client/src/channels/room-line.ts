import { ChannelError, isPassing, isRefusal } from "./channel-error.ts";
import {
  ChannelReader,
  type ReaderRequest,
  type ReaderSink,
  type ReadFrom,
} from "./channel-reader.ts";
import type { ChannelMessage, HistoryAnswer, JoinAnswer, Position } from "./positions.ts";
import type { Outcome } from "./requests.ts";

/** How a room is asked for what it has. */
export interface RoomAsker {
  readonly isConnected: boolean;
  ask(event: string, fields: object, done: (outcome: Outcome) => void): void;
  after(delayMs: number, callback: () => void): () => void;
}

/** Who is told of what becomes of a room. */
export interface RoomListener extends ReaderSink {
  joined(): void;
  /** An answer was taken: the position may be another one, whether or not something was delivered. */
  moved(): void;
  /** It is not joined, and will not be on this connection. */
  refused(error: ChannelError): void;
  /** Something else was refused: it is joined all the same. */
  failed(error: ChannelError): void;
}

/** How many messages are read at once. */
const PAGE = 500;

/** Joins one room, and asks for what its reader needs: one thing at a time. */
export class RoomLine {
  readonly #room: string;
  readonly #asker: RoomAsker;
  readonly #listener: RoomListener;
  readonly #reader: ChannelReader;
  /** The request that is out, if its answer still counts. */
  #asked: ReaderRequest | null = null;
  /** What was asked last, to find out whether that has helped. */
  #lastKey = "";
  #times = 0;
  #stopWaiting: (() => void) | null = null;
  #isRefused = false;
  #isClosed = false;

  constructor(
    room: string,
    asker: RoomAsker,
    listener: RoomListener,
    from: { readonly from: ReadFrom; readonly last: number },
  ) {
    this.#room = room;
    this.#asker = asker;
    this.#listener = listener;
    this.#reader = new ChannelReader(listener, from.from, from.last);
    this.#step();
  }

  get position(): Position | null {
    return this.#reader.position;
  }

  connected(isRecovered: boolean): void {
    this.#forget();
    if (!isRecovered) {
      this.#isRefused = false;
      this.#reader.rejoin();
    } else if (this.#reader.state !== "joining" && !this.#isRefused) this.#listener.joined();
    this.#step();
  }

  disconnected(): void {
    this.#forget();
  }

  live(epoch: string, offset: number | null, message: ChannelMessage | null): void {
    if (this.#isClosed) return;
    this.#reader.live(epoch, offset, message);
    this.#step();
  }

  close(): void {
    this.#isClosed = true;
    this.#forget();
  }

  #forget(): void {
    this.#asked = null;
    this.#lastKey = "";
    this.#times = 0;
    this.#stopWaiting?.();
    this.#stopWaiting = null;
  }

  /** Asks for what is missing, if nothing is being asked. */
  #step(): void {
    const { request } = this.#reader;
    const isBusy = this.#asked !== null || this.#stopWaiting !== null;
    if (request === null || isBusy || this.#isRefused || this.#isClosed) return;
    if (!this.#asker.isConnected) return;
    const key = `${request.kind} ${this.position?.offset}`;
    this.#times = key === this.#lastKey ? this.#times + 1 : 0;
    this.#lastKey = key;
    // What was asked before has not helped: the log is behind itself, say.
    if (this.#times > 0)
      this.#wait(Math.min(100 * 2 ** this.#times, 5_000), () => this.#ask(request));
    else this.#ask(request);
  }

  #wait(delayMs: number, then: () => void): void {
    this.#stopWaiting = this.#asker.after(delayMs, () => {
      this.#stopWaiting = null;
      then();
    });
  }

  #ask(request: ReaderRequest): void {
    const room = this.#room;
    this.#asked = request;
    const [event, fields] = requestOf(request);
    this.#asker.ask(event, { room, ...fields }, (outcome) => {
      // Of a line that is lost, or of a channel that was left.
      if (this.#asked !== request) return;
      this.#asked = null;
      if (outcome.kind === "answer") this.#take(request, outcome.answer);
      else if (outcome.kind === "timeout") this.#miss(request);
      this.#step();
    });
  }

  #take(request: ReaderRequest, answer: unknown): void {
    if (isRefusal(answer)) {
      const error = new ChannelError(answer);
      if (isPassing(answer)) this.#wait(answer.retryAfterMs ?? 1_000, () => this.#step());
      else if (request.kind === "join") this.#refuse(error);
      else if (request.kind === "look-back") {
        this.#listener.failed(error);
        this.#reader.lookedBack([]);
        // Who may join, but not read the history, is told by a join what was missed.
      } else this.#reader.rejoin();
      return;
    }
    // An answer that is no refusal is what was asked for.
    if (request.kind === "join") {
      this.#reader.joined(answer as JoinAnswer, () => this.#listener.joined());
    } else if (request.kind === "page") this.#reader.paged(answer as HistoryAnswer);
    else this.#reader.lookedBack((answer as HistoryAnswer).messages);
    this.#listener.moved();
  }

  #miss({ kind }: ReaderRequest): void {
    if (kind !== "join") return;
    const code = "OPENLINE_NO_ANSWER";
    const message = "The server does not answer openline:join: it is not Openline, or too old";
    this.#refuse(new ChannelError({ code, message }));
  }

  #refuse(error: ChannelError): void {
    this.#isRefused = true;
    this.#listener.refused(error);
  }
}

function requestOf(request: ReaderRequest): [event: string, fields: object] {
  switch (request.kind) {
    case "join": {
      const since = request.since === null ? {} : { since: request.since, limit: PAGE };
      return ["openline:join", { ...since, channel: true }];
    }
    case "page":
      return ["openline:history", { after: request.after, limit: PAGE }];
    case "look-back":
      return ["openline:history", { before: request.before, limit: request.limit }];
  }
}
