import { type Packet, type PacketType, reservedEvents } from "@openline/protocol/socket";
import { Emitter } from "./events/emitter.ts";
import { host } from "./platform/host.ts";

// `@openline/protocol/socket` reads and writes the same. It is made for servers, which hostile
// packets come to at a high rate; this one is made to be small, and held to it by its tests.

/** Makes messages of packets: text, and binary ones after it. */
export interface PacketEncoder {
  encode(packet: Packet): readonly unknown[];
}

/** Makes packets of messages; emits each as "decoded". */
export interface PacketReader {
  on(name: "decoded", listener: (packet: Packet) => void): unknown;
  /** @throws Error for what is no packet */
  add(message: unknown): void;
  /** Forgets what is not complete, or all: nothing more comes of this connection. */
  destroy(): void;
}

/** How packets are written: an option for those who bring their own, on both sides. */
export interface Parser {
  readonly Encoder: new () => PacketEncoder;
  readonly Decoder: new () => PacketReader;
}

/** What Socket.IO writes unless it is told otherwise: JSON, with bytes beside it. */
export class Encoder implements PacketEncoder {
  /** @throws TypeError for what JSON cannot hold */
  encode({ type, nsp, id, data }: Packet): readonly unknown[] {
    const attachments: unknown[] = [];
    const takeOut = function (this: Record<string, unknown>, key: string, value: unknown): unknown {
      // Node's Buffer has made JSON of itself by now.
      const bytes = [this[key], value].find(isBinary);
      return bytes ? { _placeholder: true, num: attachments.push(bytes) - 1 } : value;
    };
    // A function makes this slow, and has nothing to do for most packets.
    const json = data == null ? "" : JSON.stringify(data, hasBinary(data) ? takeOut : undefined);
    const { length } = attachments;
    // Those that attachments follow have a type of their own.
    const start = length > 0 ? `${type + 3}${length}-` : type;
    return [`${start}${nsp === "/" ? "" : `${nsp},`}${id ?? ""}${json}`, ...attachments];
  }
}

interface DecoderEvents {
  decoded: (packet: Packet) => void;
}

/** Type, count of attachments, namespace, id and JSON. */
const pattern = /^([0-6])(?:(\d+)-)?(?:(\/[^,]*),?)?(\d*)(.*)$/s;

export class Decoder
  extends Emitter<Record<never, never>, Record<never, never>, DecoderEvents>
  implements PacketReader
{
  /** The parts of a packet that lacks attachments. */
  #parts: RegExpExecArray | undefined;
  #attachments: unknown[] = [];

  add(message: unknown): void {
    const isText = typeof message === "string";
    if (isText === !!this.#parts) fail();
    if (isText) this.#parts = pattern.exec(message) ?? fail();
    else this.#attachments.push(message);
    const parts = this.#parts as RegExpExecArray; // see above
    const attachments = this.#attachments;
    if (attachments.length < Number(parts[2] ?? 0)) return;
    this.destroy();
    this.emitReserved("decoded", read(parts, attachments));
  }

  destroy(): void {
    this.#parts = undefined;
    this.#attachments = [];
  }
}

function read(
  [, digit, count, nsp = "/", id, json]: RegExpExecArray,
  attachments: readonly unknown[],
): Packet {
  const isBinaryType = digit! > "4";
  if (isBinaryType === !Number(count)) fail();
  const type = Number(digit) - (isBinaryType ? 3 : 0);
  const putIn = (_key: string, value: { _placeholder?: unknown; num: number } | null): unknown =>
    value?._placeholder === true ? (attachments[value.num] ?? fail()) : value;
  const data: unknown = json ? JSON.parse(json, isBinaryType ? putIn : undefined) : undefined;
  // An event or an acknowledgement has a list, nothing else has one.
  if (Array.isArray(data) !== (type === 2 || type === 3) || data === null) fail();
  if (type === 2 && reservedEvents.has((data as string[])[0]!)) fail();
  const packet: Packet = { type: type as PacketType, nsp, data }; // from 0 to 4, by the pattern
  if (id) packet.id = Number(id);
  return packet;
}

function fail(): never {
  throw new Error("invalid packet");
}

function isBinary(value: unknown): boolean {
  return ArrayBuffer.isView(value) || value instanceof ArrayBuffer || value instanceof host.Blob;
}

function hasBinary(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  if (isBinary(value)) return true;
  const { toJSON } = value as { toJSON?: () => unknown };
  return typeof toJSON === "function"
    ? hasBinary(toJSON.call(value))
    : Object.values(value).some(hasBinary);
}
