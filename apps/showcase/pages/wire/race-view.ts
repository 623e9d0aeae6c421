import { transportNames } from "../../protocol/wire.ts";
import { byId } from "../site/element.ts";
import { DelayChart } from "./delay-chart.ts";
import { MeasuredTable } from "./measured-table.ts";
import { Race } from "./race.ts";
import { RaceTiles, transportLabels } from "./race-tiles.ts";
import { formatMs } from "./statistics.ts";
import type { Costs, TapLine } from "./tap-line.ts";

/** How often the numbers are filled in anew. */
const SHOW_MS = 500;

/**
 * Runs the three transports while the reader wants it, there is a server, and somebody looks: a page
 * in the background is slowed down by the browser, and would measure that.
 */
export class RaceView {
  private readonly tap: TapLine;
  private readonly chart = new DelayChart();
  private readonly table = new MeasuredTable();
  private readonly tiles = new RaceTiles();
  private readonly toggle = byId("race-toggle", HTMLButtonElement);
  private readonly interval = byId("race-interval", HTMLSelectElement);
  private readonly pollEvery = byId("race-poll", HTMLSelectElement);
  private isWanted = false;
  private tapId: string | undefined;
  private race: Race | null = null;

  constructor(tap: TapLine) {
    this.tap = tap;
    this.toggle.addEventListener("click", () => {
      this.isWanted = !this.isWanted;
      this.toggle.textContent = this.isWanted ? "Stop" : "Start";
      this.settle();
    });
    for (const select of [this.interval, this.pollEvery]) {
      select.addEventListener("change", () => {
        this.end();
        this.settle();
      });
    }
    document.addEventListener("visibilitychange", () => this.settle());
    setInterval(() => {
      if (this.race !== null) tap.ask({ type: "costs", reset: false });
    }, SHOW_MS);
    const draw = (): void => this.chart.draw();
    addEventListener("resize", draw);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
    draw();
    this.say();
  }

  /** The server that counts; undefined while it is away. */
  setTap(tapId: string | undefined): void {
    this.end();
    this.tapId = tapId;
    this.settle();
  }

  /** The server's count of bytes and requests has come. */
  showCosts(costs: Costs): void {
    const { race } = this;
    if (race === null) return;
    this.table.show(race, costs);
    this.tiles.show(race);
    const delays = transportNames.map(
      (name) => `${transportLabels[name]} ${formatMs(race.delays[name].percentile(0.5))}`,
    );
    byId("chart", HTMLCanvasElement).setAttribute(
      "aria-label",
      `Median delay: ${delays.join(", ")}`,
    );
    this.say();
  }

  /** Runs what should run, and nothing else. */
  private settle(): void {
    const { tapId } = this;
    const shouldRun = this.isWanted && tapId !== undefined && !document.hidden;
    if (!shouldRun) this.end();
    else if (this.race === null) this.begin(tapId);
    this.say();
  }

  private begin(tapId: string): void {
    this.tap.ask({ type: "costs", reset: true });
    byId("chart-empty", HTMLElement).hidden = true;
    this.table.clear();
    this.tiles.clear();
    this.chart.start();
    this.race = new Race({
      tapId,
      intervalMs: Number(this.interval.value),
      pollMs: Number(this.pollEvery.value),
      offsetMs: () => this.tap.clock.ms ?? 0,
      onArrival: (arrival) => this.chart.add(arrival),
      onLost: () => this.end(),
    });
  }

  private end(): void {
    this.race?.stop();
    this.race = null;
    this.chart.stop();
  }

  private say(): void {
    byId("race-note", HTMLElement).textContent = this.note();
  }

  private note(): string {
    if (!this.isWanted) return "";
    if (this.tapId === undefined) return "Waiting for the server …";
    if (document.hidden) return "Paused while nobody looks";
    if (this.race === null) return "Interrupted: stop, and start again";
    const { ms, errorMs } = this.tap.clock;
    if (ms === undefined) return "";
    const side = ms < 0 ? "behind" : "ahead of";
    return `The server’s clock is ${formatMs(Math.abs(ms))} ${side} yours, ± ${formatMs(errorMs)}: taken into account`;
  }
}
