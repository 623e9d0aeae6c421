import type { Side } from "../../protocol/wire.ts";
import { byId, element } from "../site/element.ts";
import { hexOf, opcodeName, type SeenFrame } from "./frame-reader.ts";

/** A part of a frame, with its bytes and what it says. */
interface Part {
  readonly kind: "bits" | "length" | "key" | "masked" | "payload";
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly says: string;
}

/** Payload bytes that are shown. */
const SHOWN_BYTES = 96;

/** The bytes of one frame, part by part. */
export class FrameDetail {
  private readonly root = byId("detail", HTMLElement);

  show(frame: SeenFrame, from: Side): void {
    const way = from === "client" ? "browser → server" : "server → browser";
    const kind = frame.opcode === 0 ? "continuation" : opcodeName(frame.opcode);
    this.root.replaceChildren(
      element("h3", {}, `${kind} frame, ${frame.bytes.length.toLocaleString("en")} bytes`),
      element("p", { class: "detail-way" }, way),
      ...partsOf(frame).map(showPart),
    );
  }

  clear(): void {
    const text = "The bytes of the row that you choose stand here.";
    this.root.replaceChildren(element("p", { class: "empty" }, text));
  }
}

function partsOf(frame: SeenFrame): Part[] {
  const { bytes, lengthBytes, maskingKey, payload, payloadStart } = frame;
  const first = bytes[0] ?? 0;
  const second = bytes[1] ?? 0;
  const parts: Part[] = [
    {
      kind: "bits",
      name: "first byte",
      bytes: bytes.subarray(0, 1),
      says:
        `${bits(first)}: FIN ${frame.fin ? "1, the message ends here" : "0, more fragments follow"}; ` +
        `RSV1 ${frame.rsv1 ? "1, compressed" : "0"}; opcode ${first & 15}, ${opcodeName(frame.opcode)}`,
    },
    {
      kind: "length",
      name: lengthBytes === 0 ? "mask, length" : "mask, extended length",
      bytes: bytes.subarray(1, 2 + lengthBytes),
      says:
        `${bits(second)}: ${frame.isMasked ? "masked, as all clients must" : "not masked, as no server may"}; ` +
        `${lengthBytes === 0 ? "" : `${second & 127} means that ${lengthBytes} bytes of length follow; `}` +
        `length ${payload.length.toLocaleString("en")}`,
    },
  ];
  if (maskingKey !== null) {
    parts.push({
      kind: "key",
      name: "masking key",
      bytes: maskingKey,
      says: "random for each frame; byte i of the payload is XORed with byte i mod 4 of it",
    });
    parts.push({
      kind: "masked",
      name: "payload as sent",
      bytes: bytes.subarray(payloadStart, payloadStart + SHOWN_BYTES),
      says: more(payload.length) || "what a proxy in between sees",
    });
  }
  parts.push({
    kind: "payload",
    name: maskingKey === null ? "payload" : "payload unmasked",
    bytes: payload.subarray(0, SHOWN_BYTES),
    says: more(payload.length) || printable(payload),
  });
  return parts.filter(({ kind, bytes: shown }) => shown.length > 0 || kind === "payload");
}

function showPart({ kind, name, bytes, says }: Part): HTMLElement {
  const hex = bytes.length === 0 ? "(empty)" : [...bytes].map(hexOf).join(" ");
  return element(
    "div",
    { class: "frame-part", "data-kind": kind },
    element("div", { class: "frame-part-name" }, name),
    element("code", { class: "frame-part-bytes" }, hex),
    element("p", { class: "frame-part-says" }, says),
  );
}

function bits(byte: number): string {
  const all = byte.toString(2).padStart(8, "0");
  return `${all.slice(0, 4)} ${all.slice(4)}`;
}

function more(length: number): string {
  if (length <= SHOWN_BYTES) return "";
  return `the first ${SHOWN_BYTES} of ${length.toLocaleString("en")} bytes`;
}

function printable(bytes: Uint8Array): string {
  if (bytes.length === 0) return "nothing";
  const text = new TextDecoder().decode(bytes);
  return text.includes("\ufffd") ? "bytes that are no text" : `“${text}”`;
}
