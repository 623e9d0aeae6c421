import { type TransportName, transportNames } from "../../protocol/wire.ts";
import { byId } from "../site/element.ts";
import type { Race } from "./race.ts";
import { formatMs } from "./statistics.ts";

/** What the transports are called. */
export const transportLabels: Readonly<Record<TransportName, string>> = {
  polling: "Polling",
  longPolling: "Long-polling",
  webSocket: "WebSocket",
};

/** The median delay of each transport, large. */
export class RaceTiles {
  clear(): void {
    for (const name of transportNames) tile(name).textContent = "–";
  }

  show(race: Race): void {
    for (const name of transportNames) {
      tile(name).textContent = formatMs(race.delays[name].percentile(0.5));
    }
  }
}

function tile(name: TransportName): HTMLElement {
  return byId(`tile-${name}`, HTMLElement);
}
