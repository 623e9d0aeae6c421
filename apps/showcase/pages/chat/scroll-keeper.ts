/** Closer than this to the end counts as being there, in CSS pixels. */
const slackPx = 48;

/**
 * Keeps a list at its end while the reader is there, and leaves it alone while they read above.
 */
export class ScrollKeeper {
  private readonly scroller: HTMLElement;
  private readonly onChange: (isAtEnd: boolean) => void;
  private wasAtEnd = true;
  private savedTop = 0;

  /** @param content the element in `scroller` that grows */
  constructor(scroller: HTMLElement, content: HTMLElement, onChange: (isAtEnd: boolean) => void) {
    this.scroller = scroller;
    this.onChange = onChange;
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

  private noteScroll(): void {
    const { scroller } = this;
    if (scroller.clientHeight === 0) return;
    const top = scroller.scrollTop;
    const isAtEnd = scroller.scrollHeight - top - scroller.clientHeight < slackPx;
    // Content that grows while we are at the end is no wish of the reader: only going up is.
    if (!isAtEnd && this.wasAtEnd && top >= this.savedTop) {
      this.savedTop = top;
      return;
    }
    this.savedTop = top;
    this.note(isAtEnd);
  }

  private note(isAtEnd: boolean): void {
    this.savedTop = this.scroller.scrollTop;
    if (isAtEnd === this.wasAtEnd) return;
    this.wasAtEnd = isAtEnd;
    this.onChange(isAtEnd);
  }
}
