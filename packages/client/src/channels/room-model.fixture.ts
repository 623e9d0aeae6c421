import type { ChannelReader } from "./channel-reader.ts";
import type { HistoryMessage, JoinAnswer, Position } from "./positions.ts";

/** A page of the model's history. */
const PAGE = 3;

/** A server with one room, and the line to one reader, which loses and repeats as it is told. */
export class RoomModel {
  /** What every offset holds, from 1 up, also what is not kept any more. */
  readonly entries: (HistoryMessage & { isForOthers: boolean })[] = [];
  /** Offsets that were ever left out for the reader. */
  readonly forOthers: Set<number> = new Set();
  /** The lowest offset that is kept. */
  first = 1;
  /** Where each epoch ended: the last goes on. */
  private readonly ends: number[] = [];
  private lineage = 0;
  private readonly reader: ChannelReader;
  private line: (() => void)[] = [];
  private isUp = false;
  private isMember = false;
  private hasAsked = false;

  constructor(reader: ChannelReader) {
    this.reader = reader;
  }

  get head(): number {
    return this.entries.length;
  }

  private get epoch(): string {
    return `epoch-${this.ends.length}`;
  }

  publish(isForOthers = false): void {
    const offset = this.head + 1;
    this.lineage += 1;
    const args = [`${offset}/${this.lineage}`];
    const entry = { offset, event: "e", args, id: null, timeMs: 0, isForOthers };
    this.entries.push(entry);
    if (isForOthers) this.forOthers.add(offset);
    if (this.isMember) this.sendLive(offset);
  }

  private sendLive(offset: number): void {
    const { epoch } = this;
    const { event, args, id, timeMs, isForOthers } = this.entries[offset - 1]!;
    const message = isForOthers ? null : { event, data: args[0], args, offset, id, timeMs };
    this.line.push(() => this.reader.live(epoch, offset, message));
  }

  trim(count: number): void {
    this.first = Math.min(this.first + count, this.head + 1);
  }

  /** The next packet of the line arrives. */
  arrive(): void {
    this.ask();
    this.line.shift()?.();
    this.ask();
  }

  /** The newest message comes once more. */
  repeat(): void {
    if (this.isMember && this.head > 0) this.sendLive(this.head);
  }

  /** Publishes what the rule leaves out for who is behind. */
  publishLost(): void {
    const { isMember } = this;
    this.isMember = false;
    this.publish();
    this.isMember = isMember;
  }

  connect(isRecovered: boolean): void {
    if (this.isUp) return;
    this.isUp = true;
    this.hasAsked = false;
    if (!isRecovered || !this.isMember) {
      this.isMember = false;
      this.line = [];
      this.reader.rejoin();
    }
    this.ask();
  }

  /** What is on its way is lost; a session that is recovered gets its live messages later. */
  cut(): void {
    this.isUp = false;
    this.line = this.line.filter((each) => !answers.has(each));
  }

  /** The server comes back, without the last messages that it had. */
  restart(lost: number): void {
    this.cut();
    this.line = [];
    this.isMember = false;
    const kept = Math.max(this.head - lost, this.first - 1, 0);
    this.entries.length = kept;
    this.ends.push(kept);
  }

  /** Sends what the reader asks for. */
  private ask(): void {
    if (!this.isUp || this.hasAsked) return;
    const { request } = this.reader;
    if (request === null) return;
    this.hasAsked = true;
    if (request.kind === "join") this.answer(this.join(request.since));
    else if (request.kind === "page") this.answer(this.page(request.after));
    else this.answer(this.lookBack(request.before, request.limit));
  }

  private answer(take: () => void): void {
    const answer = (): void => {
      this.hasAsked = false;
      take();
    };
    answers.add(answer);
    this.line.push(answer);
  }

  private join(since: Position | number | null): () => void {
    this.isMember = true;
    const position = { epoch: this.epoch, offset: this.head };
    const answer: JoinAnswer =
      since === null
        ? { messages: [], position, gap: false, hasMore: false }
        : this.read(typeof since === "number" ? { epoch: this.epoch, offset: since } : since);
    return () => this.reader.joined(answer);
  }

  private page(after: Position): () => void {
    const answer = this.read(after);
    return () => this.reader.paged(answer);
  }

  private lookBack(before: number, limit: number): () => void {
    const from = Math.max(this.first, before - limit);
    const messages = this.entries.slice(from - 1, before - 1);
    return () => this.reader.lookedBack(messages);
  }

  private read(after: Position): JoinAnswer & { position: Position } {
    const end = Math.min(...this.ends.slice(Number(after.epoch.slice(6))), Infinity);
    const isLost = after.offset > end;
    const start = isLost ? end : after.offset;
    const from = Math.max(start + 1, this.first);
    const messages = this.entries.slice(from - 1, from - 1 + PAGE);
    return {
      messages,
      position: { epoch: this.epoch, offset: this.head },
      gap: isLost || (from > start + 1 && start !== this.head),
      hasMore: from - 1 + messages.length < this.head,
    };
  }

  /** All that is on its way arrives, on a line that loses nothing. */
  settle(): void {
    this.publish();
    this.connect(false);
    for (let steps = 0; this.line.length > 0 || this.reader.request !== null; steps++) {
      if (steps > 10_000) throw new Error("the reader does not come to an end");
      this.arrive();
    }
  }
}

/** Packets of the line that are answers. */
const answers = new WeakSet<() => void>();
