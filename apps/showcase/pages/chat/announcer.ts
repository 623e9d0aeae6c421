import { byId } from "../site/element.ts";

/** Reads short news aloud through the page's live region; what comes together is said together. */
export class Announcer {
  private readonly region = byId("announcer", HTMLElement);
  private waiting: string[] = [];
  private timer: ReturnType<typeof setTimeout> | undefined;

  say(text: string): void {
    this.waiting.push(text);
    this.timer ??= setTimeout(() => this.flush(), 250);
  }

  private flush(): void {
    this.timer = undefined;
    const many = this.waiting.length > 4;
    this.region.textContent = many
      ? `${this.waiting.length} new lines, the last: ${this.waiting.at(-1)}`
      : this.waiting.join(". ");
    this.waiting = [];
  }
}
