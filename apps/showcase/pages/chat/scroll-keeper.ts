/** Closer than this to the end counts as being there, in CSS pixels. */
const slackPx = 48;

/** Closer than this to the start, what is above is asked for. */
const nearStartPx = 400;

export interface ScrollEvents {
  onEnd(isAtEnd: boolean): void;
  /** The reader has gone up to near the start. */
  onNearStart(): void;
}

/**
 * Keeps a list at its end while the reader is there, and leaves it alone while they read above.
 */
export class ScrollKeeper {
  private readonly scroller: HTMLElement;
  private readonly content: HTMLElement;
  private readonly events: ScrollEvents;
  private wasAtEnd = true;
  private savedTop = 0;

  /** @param content the element in `scroller` that grows */
  constructor(scroller: HTMLElement, content: HTMLElement, events: ScrollEvents) {
    this.scroller = scroller;
    this.content = content;
    this.events = events;
    scroller.addEventListener("scroll", () => this.noteScroll(), { passive: true });
    // Texts get their real height when they are first drawn, windows are resized, keyboards open.
    const observer = new ResizeObserver(() => {
      if (this.wasAtEnd) this.toEnd();
    });
    observer.observe(content);
    observer.observe(scroller);
  }

  get isAtEnd(): boolean {
    return this.wasAtEnd;
  }

  toEnd(): void {
    this.scroller.scrollTop = this.scroller.scrollHeight;
    this.note(true);
  }

  /** Call when the list is shown again: what is hidden forgets where it was. */
  restore(): void {
    if (this.wasAtEnd) this.toEnd();
    else this.scroller.scrollTop = this.savedTop;
  }

  /**
   * Lets `change` add above what is seen, and keeps that where it is. Browsers do so by themselves, but not
   * for who is at the very top, and not all of them.
   */
  keepPlace(change: () => void): void {
    const { scroller } = this;
    const seen = this.firstSeen();
    const before = seen?.getBoundingClientRect().top ?? 0;
    change();
    if (seen === null || scroller.clientHeight === 0) return;
    // Twice: what comes into sight by the first move gets its real height only then.
    for (let round = 0; round < 2; round += 1) {
      scroller.scrollTop += seen.getBoundingClientRect().top - before;
    }
    this.savedTop = scroller.scrollTop;
  }

  private firstSeen(): Element | null {
    const { top } = this.scroller.getBoundingClientRect();
    const lines = [...this.content.querySelectorAll(".message")];
    return lines.find((line) => line.getBoundingClientRect().bottom > top) ?? null;
  }

  private noteScroll(): void {
    const { scroller } = this;
    if (scroller.clientHeight === 0) return;
    const top = scroller.scrollTop;
    const isAtEnd = scroller.scrollHeight - top - scroller.clientHeight < slackPx;
    const isUpwards = top < this.savedTop || top === 0;
    // Content that grows while we are at the end is no wish of the reader: only going up is.
    if (!isAtEnd && this.wasAtEnd && top >= this.savedTop) {
      this.savedTop = top;
      return;
    }
    this.savedTop = top;
    this.note(isAtEnd);
    if (isUpwards && top < nearStartPx && !isAtEnd) this.events.onNearStart();
  }

  private note(isAtEnd: boolean): void {
    this.savedTop = this.scroller.scrollTop;
    if (isAtEnd === this.wasAtEnd) return;
    this.wasAtEnd = isAtEnd;
    this.events.onEnd(isAtEnd);
  }
}
