import { element } from "../site/element.ts";
import type { FramePart } from "./dissect.ts";
import type { SeenFrame } from "./frame-reader.ts";

/** Bytes that are shown. */
const SHOWN_BYTES = 96;
/** Bytes of a group; how many groups make a row is the style sheet's business. */
const GROUP_BYTES = 8;

/** The bytes of a frame as they passed, each with the part that it belongs to. */
export function hexDump(frame: SeenFrame, parts: readonly FramePart[]): HTMLElement {
  const shown = frame.bytes.subarray(0, SHOWN_BYTES);
  const cells = [...shown].map((byte, at) => {
    const kind = parts.find(({ start, end }) => start <= at && at < end)?.kind;
    const text = byte.toString(16).padStart(2, "0");
    return element("span", { class: "hex-byte", "data-kind": kind }, text);
  });
  const groups: HTMLElement[] = [];
  for (let at = 0; at < cells.length; at += GROUP_BYTES) {
    const offset = at.toString(16).padStart(4, "0");
    const group = cells.slice(at, at + GROUP_BYTES);
    groups.push(element("div", { class: "hex-group", "data-offset": offset }, ...group));
  }
  const left = frame.payloadStart + frame.payloadLength - shown.length;
  if (left > 0) {
    groups.push(element("p", { class: "hex-more" }, `… ${left.toLocaleString("en")} more bytes`));
  }
  return element(
    "div",
    { class: "hex-dump", role: "img", "aria-label": "Its bytes in hexadecimal, explained below" },
    ...groups,
  );
}
