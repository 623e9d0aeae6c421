import { type TapReport, wishes } from "../../protocol/wire.ts";
import { byId } from "../site/element.ts";
import { DelayChart } from "./delay-chart.ts";
import { FrameList } from "./frame-list.ts";
import { HandshakeView } from "./handshake-view.ts";
import { MeasuredTable } from "./measured-table.ts";
import { Race } from "./race.ts";
import { TapLine } from "./tap-line.ts";
import { WatchedSocket } from "./watched-socket.ts";

/** How often the table is filled in anew. */
const SHOW_MS = 500;

/** The page "On the wire": puts the parts together. */
function main(): void {
  const handshake = new HandshakeView();
  const frames = new FrameList();
  const chart = new DelayChart();
  const table = new MeasuredTable();
  const status = byId("status", HTMLElement);
  const statusText = byId("status-text", HTMLElement);
  const deflate = byId("deflate", HTMLInputElement);
  const toggle = byId("race-toggle", HTMLButtonElement);
  let tapId: string | undefined;
  let race: Race | null = null;

  const watched = new WatchedSocket({
    onRequest: (lines) => handshake.showRequest(lines),
    onResponse: (lines) => void handshake.showResponse(lines),
    onFrame: (frame, from, atMs) => frames.add(frame, from, atMs),
    onState: show,
  });

  const tap = new TapLine({
    onTap(id) {
      tapId = id;
      reconnect();
    },
    onReport(report: TapReport) {
      if (report.type !== "costs") watched.take(report);
      else if (race !== null) table.show(race, report.costs);
    },
    onLost(retryMs) {
      tapId = undefined;
      stopRace();
      show("closed", `The server is away; asking again in ${Math.ceil(retryMs / 1_000)} s`);
    },
  });

  function show(state: "connecting" | "open" | "closed", text: string): void {
    status.dataset.state = state;
    statusText.textContent = text;
    const buttons = document.querySelectorAll<HTMLButtonElement>("[data-needs-open]");
    for (const button of buttons) button.disabled = state !== "open";
  }

  function reconnect(): void {
    if (tapId !== undefined) watched.open(tapId, deflate.checked);
  }

  function startRace(): void {
    if (tapId === undefined) return;
    tap.ask({ type: "costs", reset: true });
    chart.start();
    race = new Race({
      tapId,
      intervalMs: Number(byId("race-interval", HTMLSelectElement).value),
      pollMs: Number(byId("race-poll", HTMLSelectElement).value),
      offsetMs: () => tap.clock.ms ?? 0,
      onArrival: (arrival) => chart.add(arrival),
    });
    toggle.textContent = "Stop";
  }

  function stopRace(): void {
    race?.stop();
    race = null;
    chart.stop();
    toggle.textContent = "Start";
  }

  byId("send-form", HTMLFormElement).addEventListener("submit", (event) => {
    event.preventDefault();
    watched.send(byId("send-text", HTMLInputElement).value);
  });
  onClick("send-binary", () => watched.send(Uint8Array.of(0xca, 0xfe, 0xba, 0xbe, 0, 1, 2, 3)));
  onClick("send-fragments", () => {
    watched.send(`${wishes.fragments}${byId("send-text", HTMLInputElement).value}`);
  });
  onClick("send-ping", () => watched.send(wishes.ping));
  onClick("send-1k", () => watched.send("x".repeat(1_024)));
  onClick("send-70k", () => watched.send("x".repeat(70_000)));
  byId("close-form", HTMLFormElement).addEventListener("submit", (event) => {
    event.preventDefault();
    const code = Number(byId("close-code", HTMLSelectElement).value);
    watched.close(code, byId("close-reason", HTMLInputElement).value);
  });
  onClick("reconnect", reconnect);
  onClick("clear", () => frames.clear());
  deflate.addEventListener("change", reconnect);
  toggle.addEventListener("click", () => (race === null ? startRace() : stopRace()));
  for (const id of ["race-interval", "race-poll"]) {
    byId(id, HTMLSelectElement).addEventListener("change", () => {
      if (race === null) return;
      stopRace();
      startRace();
    });
  }
  setInterval(() => {
    if (race !== null && !document.hidden) tap.ask({ type: "costs", reset: false });
  }, SHOW_MS);
  chart.draw();
  addEventListener("resize", () => chart.draw());
  show("connecting", "Connecting …");
}

function onClick(id: string, work: () => void): void {
  byId(id, HTMLButtonElement).addEventListener("click", work);
}

main();
