import { typingExpiresMs } from "../../protocol/chat.ts";

/** Who types at the moment. Whoever is not heard of for a while has stopped. */
export class Typists {
  private readonly timers = new Map<string, ReturnType<typeof setTimeout>>();
  private readonly onChange: (people: readonly string[]) => void;

  constructor(onChange: (people: readonly string[]) => void) {
    this.onChange = onChange;
  }

  set(person: string, isTyping: boolean): void {
    clearTimeout(this.timers.get(person));
    const hadIt = this.timers.delete(person);
    if (isTyping) {
      this.timers.set(
        person,
        setTimeout(() => this.set(person, false), typingExpiresMs),
      );
    }
    if (hadIt !== isTyping) this.onChange([...this.timers.keys()]);
  }

  clear(): void {
    for (const person of [...this.timers.keys()]) this.set(person, false);
  }
}

/** "Ada is typing…", "Ada and Ben are typing…", "Ada, Ben and 2 others are typing…" */
export function typingText(names: readonly string[]): string {
  const [first, second, third] = names;
  if (first === undefined) return "";
  if (second === undefined) return `${first} is typing…`;
  if (third === undefined) return `${first} and ${second} are typing…`;
  if (names.length === 3) return `${first}, ${second} and ${third} are typing…`;
  return `${first}, ${second} and ${names.length - 2} others are typing…`;
}
