import type { ConnectionState } from "@openline/client/channels";
import { byId } from "../site/element.ts";

/** Shows where the line stands and why, counts the seconds down, and offers what can be done. */
export class StatusBadge {
  private readonly badge = byId("status", HTMLElement);
  private readonly text = byId("status-text", HTMLElement);
  private readonly reason = byId("status-reason", HTMLElement);
  private readonly retry = byId("try-now", HTMLButtonElement);
  private readonly cut = byId("cut", HTMLButtonElement);
  private ticker: ReturnType<typeof setInterval> | undefined;

  constructor(actions: { onTryNow(): void; onCut(): void }) {
    this.retry.addEventListener("click", () => actions.onTryNow());
    this.cut.addEventListener("click", () => {
      if (this.cut.getAttribute("aria-disabled") !== "true") actions.onCut();
    });
  }

  show({ state, reason, attempt, retryAtMs }: ConnectionState): void {
    clearInterval(this.ticker);
    this.badge.dataset.state = state;
    // An attempt that fails at once must not make buttons flicker.
    const isDown = state !== "connected" && !(state === "connecting" && attempt === 0);
    // A focused button that vanishes would throw the keyboard user back to the page's start.
    const hadFocus = document.activeElement === this.retry || document.activeElement === this.cut;
    this.retry.hidden = !isDown;
    this.cut.hidden = isDown;
    // Not `disabled`: it could not hold the focus until the line is there.
    this.cut.setAttribute("aria-disabled", String(state !== "connected"));
    if (hadFocus) (isDown ? this.retry : this.cut).focus();
    this.reason.textContent = isDown && reason !== null ? reason : "";
    if (retryAtMs !== null) {
      const word = state === "offline" ? "Offline: trying" : "Reconnecting";
      this.countDown(word, retryAtMs);
      this.ticker = setInterval(() => this.countDown(word, retryAtMs), 200);
    } else {
      this.say(texts[state]);
    }
  }

  private countDown(word: string, retryAtMs: number): void {
    const seconds = Math.max(1, Math.ceil((retryAtMs - Date.now()) / 1_000));
    this.say(`${word} in ${seconds} s`);
  }

  private say(text: string): void {
    if (this.text.textContent !== text) this.text.textContent = text;
  }
}

const texts = {
  connecting: "Connecting…",
  connected: "Connected",
  waiting: "Reconnecting",
  offline: "Offline",
  closed: "Not connected",
} as const satisfies Record<ConnectionState["state"], string>;
