import { byId, element } from "../site/element.ts";
import { bitFieldsOf, type FramePart, type PartKind, partsOf, unmaskingOf } from "./dissect.ts";
import { opcodeName, type SeenFrame } from "./frame-reader.ts";
import { hexDump } from "./hex-dump.ts";
import { closeCodeMeaning, hexOf, inflate, readClose, textOf } from "./payload.ts";
import { timeOf } from "./time-of.ts";
import type { PassedFrame } from "./watched-connection.ts";

/** Characters of a text that are shown. */
const SHOWN_TEXT = 240;

/** The bytes of one frame, taken apart. */
export class FrameDetail {
  private readonly root = byId("detail", HTMLElement);
  private shown: SeenFrame | null = null;

  show({ frame, from, atMs, isText }: PassedFrame): void {
    this.shown = frame;
    const size = frame.payloadStart + frame.payloadLength;
    const parts = partsOf(frame);
    this.root.replaceChildren(
      element(
        "header",
        { class: "detail-head" },
        element("h3", {}, `${opcodeName(frame.opcode)} frame`),
        element(
          "p",
          {},
          `${from === "client" ? "browser → server" : "server → browser"}, ${timeOf(atMs)}`,
        ),
        element(
          "p",
          {},
          `${size.toLocaleString("en")} bytes: ${frame.payloadStart} of header, ` +
            `${frame.payloadLength.toLocaleString("en")} of payload`,
        ),
      ),
      bitStrip(frame),
      hexDump(frame, parts),
      element("ul", { class: "frame-parts" }, ...parts.map((part) => showPart(frame, part))),
      ...this.meaning(frame, isText),
    );
  }

  clear(): void {
    this.shown = null;
    const text = "Choose a frame, and its bytes are taken apart here.";
    this.root.replaceChildren(element("p", { class: "empty" }, text));
  }

  /** What the payload says, once mask and compression are off. */
  private meaning(frame: SeenFrame, isText: boolean): HTMLElement[] {
    if (frame.payloadLength === 0) return [];
    const blocks: HTMLElement[] = [];
    const isWhole = frame.payload.length === frame.payloadLength;
    const says = meaningOf(frame, isText);
    const unmasking = unmaskingOf(frame);
    if (unmasking.length > 0) {
      const more = frame.payloadLength > unmasking.length ? ["…"] : [];
      const sums = [...unmasking, ...more].map((sum) => element("code", {}, sum));
      const children = [element("div", { class: "sums" }, ...sums), ...(says ? [says] : [])];
      blocks.push(block("unmasked", "Mask taken off", ...children));
    } else if (says !== null) {
      blocks.push(block("unmasked", "What it says", says));
    }
    if (frame.rsv1) {
      const name = "Inflated (permessage-deflate)";
      const inflated = block("inflated", name, quote("…"));
      blocks.push(inflated);
      if (isWhole && frame.fin) void this.inflateInto(inflated, name, frame);
      else inflated.replaceWith(block("inflated", name, note("only whole messages can be")));
    }
    return blocks;
  }

  private async inflateInto(place: HTMLElement, name: string, frame: SeenFrame): Promise<void> {
    const bytes = await inflate(frame.payload);
    if (this.shown !== frame) return;
    if (bytes === null) {
      place.replaceWith(block("inflated", name, note("this does not stand for itself")));
      return;
    }
    const sizes = `${frame.payloadLength.toLocaleString("en")} → ${bytes.length.toLocaleString("en")} bytes`;
    const shown = frame.opcode === 1 ? quote(textOf(bytes)) : hex(bytes);
    place.replaceWith(block("inflated", `${name}: ${sizes}`, shown));
  }
}

/** The first two bytes, bit by bit. */
function bitStrip(frame: SeenFrame): HTMLElement {
  const fields = bitFieldsOf(frame).map(({ name, bits, says, kind }) =>
    element(
      "div",
      { class: "bit-field", "data-kind": kind, "data-bits": String(bits.length) },
      element("dt", {}, name),
      element("dd", { class: "bit-values" }, bits),
      element("dd", { class: "bit-says" }, says),
    ),
  );
  return element("dl", { class: "bit-strip", "aria-label": "The first two bytes" }, ...fields);
}

function showPart(frame: SeenFrame, { kind, name, start, end, says }: FramePart): HTMLElement {
  const bytes = frame.bytes.subarray(start, end);
  const isPayload = kind === "masked" || kind === "payload";
  const children: HTMLElement[] = [element("span", { class: "frame-part-name" }, name)];
  if (!isPayload) children.push(element("code", { class: "frame-part-bytes" }, hexOf(bytes)));
  children.push(element("span", { class: "frame-part-says" }, says));
  return element("li", { class: "frame-part", "data-kind": kind }, ...children);
}

function meaningOf(frame: SeenFrame, isText: boolean): HTMLElement | null {
  if (frame.rsv1) return null;
  const { opcode, payload } = frame;
  if (opcode === 8) {
    const close = readClose(payload);
    if (close === null) return null;
    const reason = close.reason === "" ? "no reason given" : `reason “${close.reason}”`;
    return note(`code ${close.code} (${closeCodeMeaning(close.code)}), ${reason}`);
  }
  if (isText || opcode >= 9) return quote(textOf(payload));
  return hex(payload);
}

function block(kind: PartKind | "unmasked" | "inflated", name: string, ...says: HTMLElement[]) {
  return element(
    "section",
    { class: "meaning", "data-kind": kind },
    element("h4", {}, name),
    ...says,
  );
}

function quote(text: string): HTMLElement {
  const shown = text.length > SHOWN_TEXT ? `${text.slice(0, SHOWN_TEXT)}…` : text;
  return element("p", { class: "meaning-text" }, `“${shown}”`);
}

function hex(bytes: Uint8Array): HTMLElement {
  const shown = hexOf(bytes.subarray(0, 48));
  const text = bytes.length > 48 ? `${shown} …` : shown;
  return element("p", { class: "meaning-text" }, element("code", {}, text));
}

function note(text: string): HTMLElement {
  return element("p", { class: "meaning-text" }, text);
}
