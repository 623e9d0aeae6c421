interface Link<Item> {
  readonly item: Item;
  next: Link<Item> | null;
}

/** First in, first out, at a price that does not grow with what waits (`Array.shift` does). */
export class Fifo<Item> {
  private first: Link<Item> | null = null;
  private last: Link<Item> | null = null;

  /** The item whose turn it is, or undefined. */
  get head(): Item | undefined {
    return this.first?.item;
  }

  push(item: Item): void {
    const link: Link<Item> = { item, next: null };
    if (this.last === null) this.first = link;
    else this.last.next = link;
    this.last = link;
  }

  shift(): Item | undefined {
    const { first } = this;
    if (first === null) return undefined;
    this.first = first.next;
    if (first.next === null) this.last = null;
    return first.item;
  }

  clear(): void {
    this.first = null;
    this.last = null;
  }
}
