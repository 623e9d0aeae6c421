import { byId, element } from "../site/element.ts";
import type { ConnectionState } from "./connection.ts";

/** Shows where the line stands, counts the seconds down, and offers what can be done. */
export class StatusBadge {
  private readonly badge = byId("status", HTMLElement);
  private readonly text = byId("status-text", HTMLElement);
  private readonly reconnect = byId("reconnect", HTMLButtonElement);
  private readonly cut = byId("cut", HTMLButtonElement);
  private ticker: ReturnType<typeof setInterval> | undefined;

  constructor(actions: { onReconnect(): void; onCut(): void }) {
    this.reconnect.addEventListener("click", () => actions.onReconnect());
    this.cut.addEventListener("click", () => actions.onCut());
  }

  show(state: ConnectionState): void {
    clearInterval(this.ticker);
    this.badge.dataset.state = state.kind;
    const isDown = state.kind !== "open" && state.kind !== "connecting";
    // A focused button that vanishes would throw the keyboard user back to the page's start.
    const hadFocus =
      document.activeElement === this.reconnect || document.activeElement === this.cut;
    this.reconnect.hidden = !isDown;
    // A narrow window shows the first word only.
    const [word, rest] = state.kind === "replaced" ? ["Use it", " here"] : ["Reconnect", " now"];
    this.reconnect.replaceChildren(
      element("span", {}, word, element("span", { class: "wide" }, rest)),
    );
    this.cut.hidden = isDown;
    // Not `disabled`: it could not hold the focus until the line is there.
    this.cut.setAttribute("aria-disabled", String(state.kind !== "open"));
    if (hadFocus) (isDown ? this.reconnect : this.cut).focus();
    if (state.kind === "waiting") {
      this.countDown(state.retryAtMs);
      this.ticker = setInterval(() => this.countDown(state.retryAtMs), 200);
    } else {
      this.say(texts[state.kind]);
    }
  }

  private countDown(retryAtMs: number): void {
    const seconds = Math.max(1, Math.ceil((retryAtMs - performance.now()) / 1_000));
    this.say(`Reconnecting in ${seconds} s`);
  }

  private say(text: string): void {
    if (this.text.textContent !== text) this.text.textContent = text;
  }
}

const texts = {
  connecting: "Connecting…",
  open: "Connected",
  offline: "Offline",
  replaced: "Open in another window",
} as const;
