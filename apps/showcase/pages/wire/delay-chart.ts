import { type TransportName, transportNames } from "../../protocol/wire.ts";
import { byId } from "../site/element.ts";
import type { Arrival } from "./race.ts";
import { formatMs } from "./statistics.ts";
import { nowMs } from "./tap-line.ts";

/** How much of the past is shown. */
const SPAN_MS = 20_000;
const PADDING = { top: 14, right: 14, bottom: 24, left: 62 };
const gridMs = [1, 10, 100, 1_000, 10_000];

const shapes: Readonly<
  Record<TransportName, (c: CanvasRenderingContext2D, x: number, y: number) => void>
> = {
  polling: (c, x, y) => c.rect(x - 3, y - 3, 6, 6),
  longPolling: (c, x, y) => {
    c.moveTo(x, y - 4);
    c.lineTo(x + 4, y + 3.5);
    c.lineTo(x - 4, y + 3.5);
    c.closePath();
  },
  webSocket: (c, x, y) => c.arc(x, y, 3.2, 0, 2 * Math.PI),
};

/** The delay of each update over time, on a logarithmic scale: a glance tells the three apart. */
export class DelayChart {
  private readonly canvas = byId("chart", HTMLCanvasElement);
  private arrivals: Arrival[] = [];
  private isRunning = false;

  add(arrival: Arrival): void {
    this.arrivals.push(arrival);
    const oldest = nowMs() - SPAN_MS;
    if ((this.arrivals[0]?.arrivedMs ?? oldest) < oldest) {
      this.arrivals = this.arrivals.filter(({ arrivedMs }) => arrivedMs >= oldest);
    }
  }

  start(): void {
    this.arrivals = [];
    if (this.isRunning) return;
    this.isRunning = true;
    const isCalm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    const step = (): void => {
      if (!this.isRunning) return;
      if (!document.hidden) this.draw();
      // Without motion it moves on once a second.
      if (isCalm) setTimeout(step, 1_000);
      else requestAnimationFrame(step);
    };
    step();
  }

  stop(): void {
    this.isRunning = false;
  }

  draw(): void {
    const { canvas } = this;
    const { width, height } = canvas.getBoundingClientRect();
    const scale = devicePixelRatio;
    canvas.width = Math.round(width * scale);
    canvas.height = Math.round(height * scale);
    const context = canvas.getContext("2d");
    if (context === null || width === 0) return;
    context.scale(scale, scale);
    const style = getComputedStyle(canvas);
    const inner = {
      width: width - PADDING.left - PADDING.right,
      height: height - PADDING.top - PADDING.bottom,
    };
    const now = nowMs();
    const xOf = (ms: number): number => PADDING.left + inner.width * (1 - (now - ms) / SPAN_MS);
    const yOf = (ms: number): number => {
      const share = Math.log10(Math.min(10_000, Math.max(0.5, ms)) / 0.5) / Math.log10(20_000);
      return PADDING.top + inner.height * (1 - share);
    };
    context.font = `12px ${style.fontFamily}`;
    context.textBaseline = "middle";
    context.textAlign = "right";
    for (const ms of gridMs) {
      const y = yOf(ms);
      context.strokeStyle = style.getPropertyValue("--colour-line");
      context.beginPath();
      context.moveTo(PADDING.left, y);
      context.lineTo(width - PADDING.right, y);
      context.stroke();
      context.fillStyle = style.getPropertyValue("--colour-text-muted");
      context.fillText(
        formatMs(ms).replace("1.0 ms", "1 ms").replace(".00", ""),
        PADDING.left - 8,
        y,
      );
    }
    context.textBaseline = "alphabetic";
    context.textAlign = "left";
    context.fillText(`${SPAN_MS / 1_000} s ago`, PADDING.left, height - 6);
    context.textAlign = "right";
    context.fillText("now", width - PADDING.right, height - 6);
    for (const name of transportNames) {
      context.fillStyle = style.getPropertyValue(`--transport-${name}`);
      context.beginPath();
      for (const { transport, arrivedMs, delayMs } of this.arrivals) {
        const x = xOf(arrivedMs);
        if (transport !== name || x < PADDING.left) continue;
        shapes[name](context, x, yOf(delayMs));
        context.closePath();
      }
      context.fill();
    }
  }
}
