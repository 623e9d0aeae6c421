import { type TransportName, transportNames } from "../../protocol/wire.ts";
import { byId, element } from "../site/element.ts";
import type { Race } from "./race.ts";
import { formatBytes, formatMs } from "./statistics.ts";
import { type Costs, nowMs } from "./tap-line.ts";

/** One measured row: what it is called, and what it says of a transport. */
interface Measure {
  readonly name: string;
  readonly id: string;
  readonly read: (race: Race, costs: Costs, transport: TransportName) => string;
}

const measures: readonly Measure[] = [
  {
    name: "Delay, median (p50)",
    id: "p50",
    read: (race, _, transport) => formatMs(race.delays[transport].percentile(0.5)),
  },
  {
    name: "Delay, 95 of 100 (p95)",
    id: "p95",
    read: (race, _, transport) => formatMs(race.delays[transport].percentile(0.95)),
  },
  {
    name: "Bytes an update, all headers included",
    id: "bytes",
    read: (race, costs, transport) => {
      const { bytesIn, bytesOut } = costs[transport];
      return formatBytes((bytesIn + bytesOut) / race.counts[transport]);
    },
  },
  {
    name: "HTTP requests a second",
    id: "requests",
    read: (race, costs, transport) => {
      const seconds = (nowMs() - race.startedMs) / 1_000;
      return (costs[transport].requests / Math.max(1, seconds)).toFixed(1);
    },
  },
  {
    name: "Updates received",
    id: "updates",
    read: (race, _, transport) => race.counts[transport].toLocaleString("en"),
  },
];

/** The cells of the comparison that are measured here and now. */
export class MeasuredTable {
  private readonly cells = new Map<string, HTMLElement>();

  constructor() {
    const rows = measures.map(({ name, id }) => {
      const row = element("tr", {}, element("th", { scope: "row" }, name));
      for (const transport of transportNames) {
        const cell = element(
          "td",
          { class: "measured", "data-measure": `${id}-${transport}` },
          "–",
        );
        this.cells.set(`${id}-${transport}`, cell);
        row.append(cell);
      }
      return row;
    });
    byId("measured", HTMLTableSectionElement).replaceChildren(...rows);
  }

  /** Nothing is measured yet. */
  clear(): void {
    for (const cell of this.cells.values()) cell.textContent = "–";
  }

  show(race: Race, costs: Costs): void {
    for (const { id, read } of measures) {
      for (const transport of transportNames) {
        const cell = this.cells.get(`${id}-${transport}`);
        if (cell !== undefined) cell.textContent = read(race, costs, transport);
      }
    }
  }
}
