import type { Side } from "../../protocol/wire.ts";
import { byId, element } from "../site/element.ts";
import { FrameDetail } from "./frame-detail.ts";
import { opcodeName } from "./frame-reader.ts";
import { describePayload } from "./payload.ts";
import { timeOf } from "./time-of.ts";
import type { PassedFrame } from "./watched-connection.ts";

/** Rows that are kept: a page that is left open does not grow. */
const MAX_ROWS = 200;

/** A frame's row, with the button in it that chooses it. */
interface Row {
  readonly row: HTMLTableRowElement;
  readonly button: HTMLButtonElement;
  readonly passed: PassedFrame;
}

/** The frames as they passed, newest first, and the one that is chosen. */
export class FrameList {
  private readonly body = byId("frames", HTMLTableSectionElement);
  private readonly empty = byId("no-frames", HTMLElement);
  private readonly count = byId("frame-count", HTMLElement);
  private readonly detail = new FrameDetail();
  private readonly say: (text: string) => void;
  /** By their buttons; newest last. */
  private readonly rows = new Map<Element, Row>();
  private chosen: Row | null = null;
  /** The one button that the Tab key stops at. */
  private tabStop: HTMLButtonElement | null = null;
  private passedFrames = 0;
  /** Whose next frame is chosen as it comes. */
  private awaited: Side | null = "client";

  /** `say` reads a text aloud. */
  constructor(say: (text: string) => void) {
    this.say = say;
    this.body.addEventListener("keydown", (event) => this.onKey(event));
  }

  add(passed: PassedFrame): void {
    const { frame, from } = passed;
    const name = opcodeName(frame.opcode);
    const preview = describePayload(frame, passed.isText) || "(empty)";
    const way = from === "client" ? "browser to server" : "server to browser";
    const button = element(
      "button",
      { type: "button", class: "frame-choose", "aria-label": `${name}, ${way}: ${preview}` },
      preview,
    );
    const row = element(
      "tr",
      { class: "frame-row", "data-from": from, "data-opcode": name },
      element("td", { class: "frame-time" }, timeOf(passed.atMs)),
      element("td", { class: "frame-way", title: way }, from === "client" ? "↑" : "↓"),
      element("td", {}, element("span", { class: "opcode" }, name)),
      element("td", { class: "bit" }, frame.fin ? "1" : "0"),
      element("td", { class: "bit" }, frame.rsv1 ? "1" : "0"),
      element("td", { class: "bit" }, frame.isMasked ? "1" : "0"),
      element("td", { class: "number" }, frame.payloadLength.toLocaleString("en")),
      element("td", { class: "frame-preview" }, button),
    );
    const entry = { row, button, passed };
    button.tabIndex = -1;
    row.addEventListener("click", () => this.choose(entry));
    this.rows.set(button, entry);
    this.prepend(row);
    this.passedFrames += 1;
    this.showCount();
    // Heartbeats come by themselves: only what was asked for is worth words.
    const isHeartbeat = frame.opcode >= 9 && this.awaited !== from;
    if (!isHeartbeat) this.say(`${name} ${way}, ${frame.payloadLength} bytes`);
    if (this.awaited === from) {
      this.awaited = null;
      this.choose(entry);
    } else if (this.chosen === null) this.stopTabAt(button);
  }

  /** A line between the frames: a connection comes or goes. */
  note(text: string, atMs: number, state: "opened" | "ended"): void {
    this.prepend(
      element(
        "tr",
        { class: "note-row", "data-state": state },
        element("td", { class: "frame-time" }, timeOf(atMs)),
        element("td", { colspan: "7" }, text),
      ),
    );
  }

  /** Chooses the next frame of this side as it comes: what the reader has just asked for. */
  await(from: Side): void {
    this.awaited = from;
  }

  clear(): void {
    this.body.replaceChildren();
    this.rows.clear();
    this.empty.hidden = false;
    this.chosen = null;
    this.passedFrames = 0;
    this.awaited = "client";
    this.showCount();
    this.detail.clear();
  }

  private prepend(row: HTMLTableRowElement): void {
    this.body.prepend(row);
    this.empty.hidden = true;
    while (this.body.rows.length > MAX_ROWS) {
      const last = this.body.rows[this.body.rows.length - 1];
      const button = last?.querySelector("button");
      if (button) this.rows.delete(button);
      // Its bytes stay on show, but the keyboard needs another place.
      if (button === this.chosen?.button) this.chosen = null;
      last?.remove();
    }
  }

  private choose(entry: Row): void {
    this.chosen?.row.removeAttribute("data-chosen");
    this.chosen?.button.removeAttribute("aria-current");
    this.chosen = entry;
    entry.row.setAttribute("data-chosen", "");
    entry.button.setAttribute("aria-current", "true");
    this.stopTabAt(entry.button);
    this.detail.show(entry.passed);
  }

  private stopTabAt(button: HTMLButtonElement): void {
    if (this.tabStop !== null) this.tabStop.tabIndex = -1;
    this.tabStop = button;
    button.tabIndex = 0;
  }

  /** Arrows go from frame to frame: the list is one stop of the Tab key. */
  private onKey(event: KeyboardEvent): void {
    const buttons = [...this.rows.keys()].reverse();
    const at = buttons.indexOf(event.target as Element); // only buttons take keys in here
    const places: Readonly<Record<string, number>> = {
      ArrowUp: at - 1,
      ArrowDown: at + 1,
      Home: 0,
      End: buttons.length - 1,
    };
    const place = places[event.key];
    if (at === -1 || place === undefined) return;
    event.preventDefault();
    const entry = this.rows.get(buttons[place] ?? buttons[at] ?? this.body);
    if (entry === undefined) return;
    this.choose(entry);
    entry.button.focus();
  }

  private showCount(): void {
    const kept = this.rows.size;
    const all = `${this.passedFrames.toLocaleString("en")} ${this.passedFrames === 1 ? "frame" : "frames"}`;
    this.count.textContent = kept < this.passedFrames ? `${all}, the last ${kept} are kept` : all;
  }
}
