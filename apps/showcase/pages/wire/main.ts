import { wishes } from "../../protocol/wire.ts";
import { Announcer } from "../chat/announcer.ts";
import { byId } from "../site/element.ts";
import { FrameList } from "./frame-list.ts";
import { HandshakeView } from "./handshake-view.ts";
import { RaceView } from "./race-view.ts";
import { TapLine } from "./tap-line.ts";
import { ReportReader } from "./watched-connection.ts";
import { type SocketState, WatchedSocket } from "./watched-socket.ts";

/** The page "On the wire": puts the parts together. */
function main(): void {
  const announcer = new Announcer();
  const handshake = new HandshakeView();
  const frames = new FrameList((text) => announcer.say(text));
  const deflate = byId("deflate", HTMLInputElement);
  const sendText = byId("send-text", HTMLInputElement);
  let tapId: string | undefined;
  let hasGreeted = false;
  const watched = new WatchedSocket((state, text) => {
    showState(state, text);
    if (state !== "open" || hasGreeted) return;
    // A page that has just opened has something to show.
    hasGreeted = true;
    watched.send("Hello, wire!");
  });

  const reports = new ReportReader({
    onRequest: (connection, lines) => handshake.showRequest(connection, lines),
    onResponse(connection, lines, atMs) {
      void handshake.showResponse(connection, lines);
      frames.note(`connection ${connection}: ${lines[0]}`, atMs, "opened");
    },
    onFrame: (passed) => frames.add(passed),
    onEnd: (connection, atMs) => frames.note(`connection ${connection}: TCP ends`, atMs, "ended"),
  });

  const tap = new TapLine({
    onTap(id) {
      tapId = id;
      reports.reset();
      reconnect();
      race.setTap(id);
    },
    onWatch: (report) => reports.take(report),
    onCosts: (costs) => race.showCosts(costs),
    onLost(retryMs) {
      tapId = undefined;
      watched.forget();
      race.setTap(undefined);
      const seconds = Math.ceil(retryMs / 1_000);
      showState("closed", `The server is away; asking again in ${seconds} s`);
    },
  });
  const race = new RaceView(tap);

  function reconnect(): void {
    if (tapId !== undefined) watched.open(tapId, deflate.checked);
  }

  onSubmit("send-form", () => {
    frames.await("client");
    watched.send(sendText.value);
  });
  onClick("send-fragments", () => {
    frames.await("server");
    watched.send(`${wishes.fragments}${sendText.value}`);
  });
  onClick("send-binary", () => {
    frames.await("client");
    watched.send(Uint8Array.of(0xca, 0xfe, 0xba, 0xbe, 0, 1, 2, 3));
  });
  onClick("send-ping", () => {
    frames.await("server");
    watched.send(wishes.ping);
  });
  for (const [id, length] of [
    ["send-1k", 1_024],
    ["send-70k", 70_000],
  ] as const) {
    onClick(id, () => {
      frames.await("client");
      watched.send("openline ".repeat(length / 9 + 1).slice(0, length));
    });
  }
  onSubmit("close-form", () => {
    frames.await("client");
    const code = Number(byId("close-code", HTMLSelectElement).value);
    watched.close(code, byId("close-reason", HTMLInputElement).value);
  });
  onClick("reconnect", reconnect);
  onClick("clear", () => frames.clear());
  deflate.addEventListener("change", reconnect);
}

/** Shows how the connection is, at the top and beside the frames. */
function showState(state: SocketState, text: string): void {
  const status = byId("status", HTMLElement);
  status.dataset.state = state;
  byId("status-text", HTMLElement).textContent = text;
  for (const copy of document.querySelectorAll<HTMLElement>(".status-copy")) {
    copy.dataset.state = state;
    const shown = copy.querySelector(".status-copy-text");
    if (shown !== null) shown.textContent = text;
  }
  for (const button of document.querySelectorAll<HTMLButtonElement>("[data-needs-open]")) {
    button.disabled = state !== "open";
  }
  // What there is to do on a closed connection.
  byId("reconnect", HTMLButtonElement).classList.toggle("button-quiet", state !== "closed");
}

function onClick(id: string, work: () => void): void {
  byId(id, HTMLButtonElement).addEventListener("click", work);
}

function onSubmit(id: string, work: () => void): void {
  byId(id, HTMLFormElement).addEventListener("submit", (event) => {
    event.preventDefault();
    work();
  });
}

main();
