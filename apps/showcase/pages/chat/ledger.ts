/** What was received of one room, counted by offsets: judged by the page, whatever the client says. */
export interface Account {
  readonly received: number;
  /** The first and the last offset; null before there are any. */
  readonly range: readonly [first: number, last: number] | null;
  readonly repeated: number;
  /** Offsets between the first and the last that never came. */
  readonly lost: number;
  /** Messages that came behind one with a higher offset. */
  readonly disordered: number;
  /** Of the last hundred messages, in the order in which they stand: equal in windows that show the same. */
  readonly fingerprint: string;
}

const fingerprinted = 100;

/** Keeps the books of one room. */
export class Ledger {
  private readonly offsets = new Set<number>();
  private readonly latest: string[] = [];
  private first = Number.POSITIVE_INFINITY;
  private last = 0;
  private repeated = 0;
  private disordered = 0;

  /** A message came live, or was caught up with. */
  take(offset: number, id: string): void {
    if (!this.note(offset)) return;
    if (offset < this.last) this.disordered += 1;
    this.last = Math.max(this.last, offset);
    this.latest.push(id);
    if (this.latest.length > fingerprinted) this.latest.shift();
  }

  /** A page of older ones was loaded, the oldest first. */
  takeOlder(page: readonly { readonly offset: number; readonly id: string }[]): void {
    const isBefore = page.every(({ offset }, at) => offset < (page[at + 1]?.offset ?? this.first));
    if (!isBefore) this.disordered += 1;
    const ids = page.filter(({ offset }) => this.note(offset)).map(({ id }) => id);
    this.latest.unshift(...ids);
    this.latest.splice(0, this.latest.length - fingerprinted);
    this.last = Math.max(this.last, page.at(-1)?.offset ?? 0);
  }

  get account(): Account {
    const received = this.offsets.size;
    const { first, last, repeated, disordered } = this;
    return {
      received,
      range: received === 0 ? null : [first, last],
      repeated,
      lost: received === 0 ? 0 : last - first + 1 - received,
      disordered,
      fingerprint: fingerprintOf(this.latest),
    };
  }

  private note(offset: number): boolean {
    if (this.offsets.has(offset)) {
      this.repeated += 1;
      return false;
    }
    this.offsets.add(offset);
    this.first = Math.min(this.first, offset);
    return true;
  }
}

/** FNV-1a over all ids, as six hexadecimal digits. */
function fingerprintOf(ids: readonly string[]): string {
  let hash = 2_166_136_261;
  for (const id of ids) {
    for (let at = 0; at <= id.length; at += 1) {
      // Behind each id there is a mark, so that it matters where one ends.
      const unit = at === id.length ? 0x10000 : id.charCodeAt(at);
      hash = Math.imul(hash ^ unit, 16_777_619);
    }
  }
  return (hash >>> 8).toString(16).padStart(6, "0");
}
