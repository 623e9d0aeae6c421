import type { ControlState } from "../../protocol/control.ts";
import { byId } from "../site/element.ts";
import { runStorm, type StormResult, stormSize } from "./storm.ts";
import type { Supervisor } from "./supervisor.ts";

export interface TroubleActions {
  /** Writes to the room that is shown. */
  write(text: string): Promise<number | null>;
  announce(text: string): void;
}

/** The buttons that make trouble: kill the server, start it again, send a hundred messages meanwhile. */
export class TroublePanel {
  private readonly actions: TroubleActions;
  private readonly state = byId("server-state", HTMLElement);
  private readonly stateText = byId("server-text", HTMLElement);
  private readonly killButton = byId("kill", HTMLButtonElement);
  private readonly restartButton = byId("restart", HTMLButtonElement);
  private readonly stormButton = byId("storm", HTMLButtonElement);
  private readonly killStormButton = byId("kill-storm", HTMLButtonElement);
  private readonly company = byId("company", HTMLInputElement);
  private readonly result = byId("storm-result", HTMLElement);
  private supervisor: Supervisor | null = null;
  private isStorming = false;

  constructor(actions: TroubleActions) {
    this.actions = actions;
    this.killButton.addEventListener("click", () => this.act((each) => each.kill()));
    this.restartButton.addEventListener("click", () => this.act((each) => each.restart()));
    this.company.addEventListener("change", () =>
      this.act((each) => each.setCompany(this.company.checked)),
    );
    this.stormButton.addEventListener("click", () => void this.storm(false));
    this.killStormButton.addEventListener("click", () => void this.storm(true));
    for (const each of document.querySelectorAll<HTMLElement>("[data-supervised]")) {
      each.hidden = true;
    }
  }

  /** Without a supervisor nobody can kill the server; the rest stays. */
  supervisedBy(supervisor: Supervisor): void {
    this.supervisor = supervisor;
    for (const each of document.querySelectorAll<HTMLElement>("[data-supervised]")) {
      each.hidden = false;
    }
    supervisor.follow((state) => this.show(state));
  }

  private show(state: ControlState | null): void {
    const { server, pid, runs, hasCompany } = state ?? {
      server: "unknown" as const,
      pid: null,
      runs: 0,
      hasCompany: null,
    };
    this.state.dataset.state = server;
    const text = {
      running: `Process ${pid} runs, start ${runs}`,
      starting: "Starting…",
      dead: "Dead. Nobody listens.",
      unknown: "The supervisor cannot be reached",
    }[server];
    if (this.stateText.textContent !== text) this.stateText.textContent = text;
    const hadFocus =
      document.activeElement === this.killButton || document.activeElement === this.restartButton;
    const isDead = server === "dead";
    this.killButton.hidden = isDead;
    this.restartButton.hidden = !isDead;
    this.killButton.setAttribute("aria-disabled", String(server !== "running"));
    if (hadFocus) (isDead ? this.restartButton : this.killButton).focus();
    this.company.checked = hasCompany === true;
    this.company.disabled = hasCompany === null;
    this.enableStorms();
  }

  private enableStorms(): void {
    this.stormButton.setAttribute("aria-disabled", String(this.isStorming));
    const canKill = this.supervisor?.state?.server === "running";
    this.killStormButton.setAttribute("aria-disabled", String(this.isStorming || !canKill));
  }

  private act(work: (supervisor: Supervisor) => Promise<void>): void {
    if (this.supervisor === null) return;
    work(this.supervisor).catch((error: unknown) => this.say(`That failed: ${String(error)}`));
  }

  private async storm(kills: boolean): Promise<void> {
    const button = kills ? this.killStormButton : this.stormButton;
    if (button.getAttribute("aria-disabled") === "true") return;
    this.isStorming = true;
    this.enableStorms();
    this.result.dataset.mood = "";
    const result = await runStorm({
      write: (text) => this.actions.write(text),
      killFor: kills ? (deadMs) => this.killFor(deadMs) : undefined,
      progress: (settled) => this.say(`${settled} of ${stormSize} are on the log`),
    });
    this.isStorming = false;
    this.enableStorms();
    const isGood = result.refused === 0 && result.isInOrder;
    this.result.dataset.mood = isGood ? "good" : "bad";
    this.say(textOf(result));
    this.actions.announce(textOf(result));
  }

  private async killFor(deadMs: number): Promise<void> {
    const { supervisor } = this;
    if (supervisor === null) return;
    await supervisor.kill();
    await new Promise((resolve) => setTimeout(resolve, deadMs));
    await supervisor.restart();
  }

  private say(text: string): void {
    this.result.hidden = false;
    this.result.textContent = text;
  }
}

function textOf({ accepted, refused, isInOrder, tookMs }: StormResult): string {
  const seconds = (tookMs / 1_000).toFixed(1);
  const order = isInOrder ? "once and in order" : "not in order";
  const rest = refused === 0 ? "" : ` ${refused} were refused.`;
  return `${accepted} of ${accepted + refused} are on the log, ${order}, after ${seconds} s.${rest}`;
}
