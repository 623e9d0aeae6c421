import { byId } from "../site/element.ts";
import type { Account } from "./ledger.ts";

const numbers = new Intl.NumberFormat("en");

/** Shows the ledger of the room that is shown, and what the outbox has. */
export class LedgerView {
  private readonly panel = byId("ledger", HTMLElement);
  private isDue = false;
  private account: Account | undefined;
  private outbox = { waiting: 0, sent: 0 };

  showAccount(account: Account): void {
    this.account = account;
    this.drawSoon();
  }

  showOutbox(outbox: { readonly waiting: number; readonly sent: number }): void {
    this.outbox = outbox;
    this.drawSoon();
  }

  /** Once a frame, however many messages come. */
  private drawSoon(): void {
    if (this.isDue) return;
    this.isDue = true;
    requestAnimationFrame(() => {
      this.isDue = false;
      this.draw();
    });
  }

  private draw(): void {
    const { waiting, sent } = this.outbox;
    this.put("outbox", `${waiting} waiting, ${sent} on the way`, waiting + sent > 0 ? "busy" : "");
    if (this.account === undefined) return;
    const { received, range, repeated, lost, disordered, fingerprint } = this.account;
    this.put("received", numbers.format(received));
    this.put(
      "offsets",
      range === null ? "none yet" : range.map((at) => numbers.format(at)).join("–"),
    );
    this.put("contiguous", lost === 0 ? "yes" : "no", lost === 0 ? "good" : "bad");
    this.put("lost", numbers.format(lost), lost === 0 ? "good" : "bad");
    this.put("repeated", numbers.format(repeated), repeated === 0 ? "good" : "bad");
    this.put("order", disordered === 0 ? "kept" : "broken", disordered === 0 ? "good" : "bad");
    this.put("fingerprint", range === null ? "–" : fingerprint);
  }

  private put(name: string, text: string, mood = ""): void {
    const cell = this.panel.querySelector<HTMLElement>(`[data-ledger="${name}"]`);
    if (cell === null) return;
    if (cell.textContent !== text) cell.textContent = text;
    cell.dataset.mood = mood;
  }
}
