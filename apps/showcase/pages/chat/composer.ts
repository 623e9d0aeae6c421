import { chatLimits, typingRepeatsMs } from "../../protocol/chat.ts";
import { byId } from "../site/element.ts";

export interface ComposerEvents {
  onSend(text: string): void;
  onTyping(isTyping: boolean): void;
}

/** From here on the remaining characters are shown. */
const warnBelow = 200;

/** Where messages are written: Enter sends, Shift+Enter breaks the line. */
export class Composer {
  private readonly form = byId("composer", HTMLFormElement);
  private readonly input = byId("message-input", HTMLTextAreaElement);
  private readonly button = byId("send", HTMLButtonElement);
  private readonly remaining = byId("remaining", HTMLElement);
  private readonly events: ComposerEvents;
  /** When the others were last told, of `performance.now()`; undefined: they think we do not type. */
  private toldAtMs: number | undefined;

  constructor(events: ComposerEvents) {
    this.events = events;
    this.input.maxLength = chatLimits.textLength;
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.submit();
    });
    this.input.addEventListener("keydown", (event) => {
      // While an input method composes, Enter chooses a word.
      if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
      event.preventDefault();
      this.submit();
    });
    this.input.addEventListener("input", () => {
      this.changed();
      this.tell(this.input.value.trim() !== "");
    });
    this.input.addEventListener("blur", () => this.tell(false));
    this.changed();
  }

  focus(): void {
    this.input.focus();
  }

  setRoom(room: string): void {
    this.input.placeholder = `Message #${room}`;
    this.input.setAttribute("aria-label", `Message to ${room}`);
  }

  private submit(): void {
    const text = this.input.value.trim();
    if (text === "") return;
    this.input.value = "";
    this.changed();
    this.toldAtMs = undefined;
    this.events.onSend(text);
    this.input.focus();
  }

  private changed(): void {
    const { input } = this;
    this.button.disabled = input.value.trim() === "";
    const left = chatLimits.textLength - input.value.length;
    this.remaining.hidden = left > warnBelow;
    this.remaining.textContent = `${left} left`;
    input.style.height = "auto";
    input.style.height = `${input.scrollHeight + 2}px`;
  }

  private tell(isTyping: boolean): void {
    const nowMs = performance.now();
    if (isTyping) {
      if (this.toldAtMs !== undefined && nowMs - this.toldAtMs < typingRepeatsMs) return;
      this.toldAtMs = nowMs;
    } else {
      if (this.toldAtMs === undefined) return;
      this.toldAtMs = undefined;
    }
    this.events.onTyping(isTyping);
  }
}
