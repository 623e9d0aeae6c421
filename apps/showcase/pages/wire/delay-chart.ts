import { type TransportName, transportNames } from "../../protocol/wire.ts";
import { byId } from "../site/element.ts";
import type { Arrival } from "./race.ts";
import { transportLabels } from "./race-tiles.ts";
import { formatMs, percentile } from "./statistics.ts";
import { nowMs } from "./tap-line.ts";

/** How much of the past is shown. */
const SPAN_MS = 20_000;
/** The scale is logarithmic, as milliseconds and seconds have to fit. */
const LOWEST_MS = 0.3;
const HIGHEST_MS = 10_000;
const grid: readonly (readonly [number, string])[] = [
  [1, "1 ms"],
  [10, "10 ms"],
  [100, "100 ms"],
  [1_000, "1 s"],
  [10_000, "10 s"],
];
/** Below this width names at the right edge would take the room of the dots. */
const NAMES_FROM_PX = 560;
const NAME_LINE_PX = 17;
/** Without motion the chart moves on this often. */
const CALM_STEP_MS = 1_000;

/** Shapes tell the three apart where colours do not. */
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
  webSocket: (c, x, y) => {
    c.moveTo(x + 3.2, y);
    c.arc(x, y, 3.2, 0, 2 * Math.PI);
  },
};

/** Where things stand on the canvas. */
interface Plane {
  readonly left: number;
  readonly right: number;
  readonly width: number;
  readonly height: number;
  xOf(ms: number): number;
  yOf(ms: number): number;
}

/** The delay of each update over time: a glance tells the three apart. */
export class DelayChart {
  private readonly canvas = byId("chart", HTMLCanvasElement);
  private arrivals: Arrival[] = [];
  private isRunning = false;
  /** When the chart stood still; its right edge. */
  private stoppedMs = nowMs();

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
      this.draw();
      // Browsers draw no frames of a page that nobody sees.
      if (isCalm) setTimeout(step, CALM_STEP_MS);
      else requestAnimationFrame(step);
    };
    step();
  }

  /** What is shown stays. */
  stop(): void {
    if (!this.isRunning) return;
    this.isRunning = false;
    this.stoppedMs = nowMs();
  }

  draw(): void {
    const { canvas } = this;
    const { width, height } = canvas.getBoundingClientRect();
    const scale = devicePixelRatio;
    const context = canvas.getContext("2d");
    if (context === null || width === 0) return;
    fit(canvas, Math.round(width * scale), Math.round(height * scale));
    context.setTransform(scale, 0, 0, scale, 0, 0);
    context.clearRect(0, 0, width, height);
    const style = getComputedStyle(canvas);
    context.font = `12px ${style.fontFamily}`;
    const plane = planeOf(width, height, this.isRunning ? nowMs() : this.stoppedMs);
    drawGrid(context, plane, style);
    for (const name of transportNames) {
      context.fillStyle = style.getPropertyValue(`--transport-${name}`);
      context.beginPath();
      for (const { transport, arrivedMs, delayMs } of this.arrivals) {
        const x = plane.xOf(arrivedMs);
        if (transport === name && x >= plane.left) shapes[name](context, x, plane.yOf(delayMs));
      }
      context.fill();
    }
    if (width >= NAMES_FROM_PX) this.drawNames(context, plane, style);
  }

  /** Names at the right edge, at the height of the medians, none upon another. */
  private drawNames(context: CanvasRenderingContext2D, plane: Plane, style: CSSStyleDeclaration) {
    const medians = transportNames.flatMap((name) => {
      const delays = this.arrivals.filter(({ transport }) => transport === name);
      const ms = percentile(
        delays.map(({ delayMs }) => delayMs),
        0.5,
      );
      return ms === undefined ? [] : [{ name, ms, y: plane.yOf(ms) }];
    });
    medians.sort((a, b) => b.y - a.y);
    context.textAlign = "left";
    context.textBaseline = "middle";
    context.font = `600 12px ${style.fontFamily}`;
    let below = plane.height - 8;
    for (const { name, ms, y } of medians) {
      const at = Math.min(y, below);
      below = at - NAME_LINE_PX;
      context.fillStyle = style.getPropertyValue(`--transport-${name}`);
      context.fillText(`${transportLabels[name]} ${formatMs(ms)}`, plane.right + 10, at);
    }
  }
}

/** Gives the canvas its size in pixels; setting it clears it, so only when it is another. */
function fit(canvas: HTMLCanvasElement, width: number, height: number): void {
  if (canvas.width !== width) canvas.width = width;
  if (canvas.height !== height) canvas.height = height;
}

function planeOf(width: number, height: number, now: number): Plane {
  const left = 66;
  const right = width - (width >= NAMES_FROM_PX ? 158 : 14);
  const top = 16;
  const bottom = height - 28;
  const decades = Math.log10(HIGHEST_MS / LOWEST_MS);
  return {
    left,
    right,
    width,
    height,
    xOf: (ms) => left + (right - left) * (1 - (now - ms) / SPAN_MS),
    yOf: (ms) => {
      const shown = Math.min(HIGHEST_MS, Math.max(LOWEST_MS, ms));
      return bottom - ((bottom - top) * Math.log10(shown / LOWEST_MS)) / decades;
    },
  };
}

function drawGrid(
  context: CanvasRenderingContext2D,
  { left, right, height, yOf }: Plane,
  style: CSSStyleDeclaration,
): void {
  context.lineWidth = 1;
  context.strokeStyle = style.getPropertyValue("--colour-line");
  context.fillStyle = style.getPropertyValue("--colour-text-muted");
  context.textBaseline = "middle";
  context.textAlign = "right";
  for (const [ms, label] of grid) {
    const y = Math.round(yOf(ms)) + 0.5;
    context.beginPath();
    context.moveTo(left, y);
    context.lineTo(right, y);
    context.stroke();
    context.fillText(label, left - 10, y);
  }
  context.textBaseline = "alphabetic";
  context.textAlign = "left";
  context.fillText(`${SPAN_MS / 1_000} s ago`, left, height - 8);
  context.textAlign = "right";
  context.fillText("now", right, height - 8);
}
