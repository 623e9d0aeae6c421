import type { Companion } from "./companion.ts";

/** What they say, in order: each line is somebody else's than the one before. */
const lines = [
  "Is this the room where the server gets killed?",
  "It is. Somebody presses the button, and we all wait for a second or two.",
  "And what I wrote meanwhile?",
  "Stays in your outbox, and goes out once it is back. Once, and in order.",
  "My last one was on its way when it died. Did you get it twice?",
  "No. It has an id: the log knows it.",
  "Scroll up if you want to see how it began. Older pages come by their offsets.",
  "The ledger over there counts: received, repeated, lost.",
  "Repeated: 0. Lost: 0. I keep looking.",
  "Reload the page with something in the outbox. It is still there.",
  "Two windows of one browser share an outbox, and still send everything once.",
  "Cut the line, then write something. That works, too.",
  "I am a program, by the way. It says so beside my name.",
  "So am I. We stop talking when nobody is here.",
] as const;

/** Takes a whole number from `from` up to, not including, `to`. */
type Chance = (from: number, to: number) => number;

/** Lets companions talk in turn, typing first, while somebody looks on. */
export class Conversation {
  private readonly companions: readonly Companion[];
  private readonly chance: Chance;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private at = 0;
  private hasEnded = false;

  constructor(companions: readonly Companion[], chance: Chance) {
    this.companions = companions;
    this.chance = chance;
  }

  begin(): void {
    this.after(this.chance(1_500, 4_000), () => void this.take());
  }

  end(): void {
    this.hasEnded = true;
    clearTimeout(this.timer);
  }

  private async take(): Promise<void> {
    const speaker = this.companions[this.at % this.companions.length];
    const text = lines[this.at % lines.length];
    if (speaker?.hasVisitors !== true || text === undefined) {
      this.begin();
      return;
    }
    this.at += 1;
    speaker.type(true);
    await new Promise<void>((resolve) => this.after(30 * text.length, resolve));
    speaker.type(false);
    try {
      await speaker.say(text);
    } catch {
      // Refused, or closed while it waited: the next one has another chance.
    }
    this.after(this.chance(3_000, 8_000), () => void this.take());
  }

  private after(delayMs: number, work: () => void): void {
    if (!this.hasEnded) this.timer = setTimeout(work, delayMs);
  }
}
