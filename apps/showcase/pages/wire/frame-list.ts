import type { Side } from "../../protocol/wire.ts";
import { byId, element } from "../site/element.ts";
import { FrameDetail } from "./frame-detail.ts";
import { describePayload, opcodeName, type SeenFrame } from "./frame-reader.ts";

/** Rows that are kept: a page that is left open does not grow. */
const MAX_ROWS = 200;
const opcodes = { continuation: 0, text: 1, binary: 2 } as const;

/** The frames as they passed, newest first. */
export class FrameList {
  private readonly body = byId("frames", HTMLTableSectionElement);
  private readonly empty = byId("no-frames", HTMLElement);
  private readonly detail = new FrameDetail();
  private chosen: HTMLTableRowElement | null = null;
  /** Whether the message that is in fragments is text, by who sends it. */
  private readonly isText: Record<Side, boolean> = { client: false, server: false };

  add(frame: SeenFrame, from: Side, atMs: number): void {
    if (frame.opcode === opcodes.text || frame.opcode === opcodes.binary) {
      this.isText[from] = frame.opcode === opcodes.text;
    }
    const isText = frame.opcode === opcodes.continuation && this.isText[from];
    const preview = describePayload(frame, isText);
    const choose = element(
      "button",
      { type: "button", class: "frame-choose", title: "Show its bytes" },
      preview === "" ? "(empty)" : preview,
    );
    const row = element(
      "tr",
      { class: "frame-row", "data-from": from, "data-opcode": opcodeName(frame.opcode) },
      element("td", { class: "frame-time" }, timeOf(atMs)),
      element(
        "td",
        {
          class: "frame-way",
          title: from === "client" ? "browser to server" : "server to browser",
        },
        from === "client" ? "↑" : "↓",
      ),
      element("td", {}, element("span", { class: "opcode" }, opcodeName(frame.opcode))),
      element("td", {}, frame.fin ? "1" : "0"),
      element("td", {}, frame.isMasked ? "yes" : "no"),
      element("td", { class: "number" }, String(frame.payload.length)),
      element("td", { class: "frame-preview" }, choose),
    );
    const show = (): void => {
      this.choose(row);
      this.detail.show(frame, from);
    };
    choose.addEventListener("click", show);
    row.addEventListener("click", (event) => {
      if (event.target !== choose) show();
    });
    this.body.prepend(row);
    while (this.body.rows.length > MAX_ROWS) this.body.deleteRow(-1);
    this.empty.hidden = true;
    if (this.chosen === null) show();
  }

  clear(): void {
    this.body.replaceChildren();
    this.empty.hidden = false;
    this.chosen = null;
    this.detail.clear();
  }

  private choose(row: HTMLTableRowElement): void {
    this.chosen?.removeAttribute("aria-selected");
    this.chosen = row;
    row.setAttribute("aria-selected", "true");
  }
}

function timeOf(atMs: number): string {
  const date = new Date(atMs);
  const two = (n: number): string => String(n).padStart(2, "0");
  const ms = String(date.getMilliseconds()).padStart(3, "0");
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}.${ms}`;
}
