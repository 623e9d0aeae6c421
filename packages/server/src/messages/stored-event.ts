import { encodePacket, PacketDecoder, packetTypes } from "@openline/protocol/socket";

/** An event as the log keeps it: whatever parser and transport its receivers use. */
export interface StoredEvent {
  /** `["event",…]` as JSON, with placeholders for attachments. */
  readonly text: string;
  readonly attachments: readonly Uint8Array[] | null;
  /** Rooms and sockets that do not get it. */
  readonly except: readonly string[] | null;
}

/** How a payload begins: text follows, or the length of a header that tells what does. */
const PLAIN = 0;
const STRUCTURED = 1;
const HEADER_START = 5;

interface Header {
  readonly except?: readonly string[];
  readonly textBytes: number;
  /** Of each attachment. */
  readonly bytes: readonly number[];
}

/** @throws TypeError for what JSON cannot hold: cycles and BigInts */
export function toStored(data: readonly unknown[], except: readonly string[] | null): StoredEvent {
  const { text, attachments } = encodePacket({ type: packetTypes.event, nsp: "/", data });
  // Its type, and the count of its attachments, are added anew for each receiver.
  return { text: text.slice(text.indexOf("[")), attachments, except };
}

export function encodeStored({ text, attachments, except }: StoredEvent): Uint8Array {
  if (attachments === null && except === null) {
    const bytes = Buffer.allocUnsafe(1 + Buffer.byteLength(text));
    bytes[0] = PLAIN;
    bytes.write(text, 1);
    return bytes;
  }
  const body = Buffer.from(text);
  const parts = attachments ?? [];
  const header = Buffer.from(
    JSON.stringify({
      ...(except !== null && { except }),
      textBytes: body.length,
      bytes: parts.map(({ length }) => length),
    } satisfies Header),
  );
  const start = Buffer.allocUnsafe(HEADER_START);
  start[0] = STRUCTURED;
  start.writeUInt32LE(header.length, 1);
  return Buffer.concat([start, header, body, ...parts]);
}

/** @throws Error for what was not made by `encodeStored` */
export function decodeStored(payload: Uint8Array): StoredEvent {
  const bytes = Buffer.from(payload.buffer, payload.byteOffset, payload.length);
  if (bytes[0] === PLAIN)
    return { text: bytes.toString("utf8", 1), attachments: null, except: null };
  if (bytes[0] !== STRUCTURED)
    throw new Error(`This is no stored event: it begins with ${bytes[0]}`);
  const headerEnd = HEADER_START + bytes.readUInt32LE(1);
  const header = JSON.parse(bytes.toString("utf8", HEADER_START, headerEnd)) as Header;
  let end = headerEnd + header.textBytes;
  const text = bytes.toString("utf8", headerEnd, end);
  const attachments = header.bytes.map((length) => {
    end += length;
    return Uint8Array.from(bytes.subarray(end - length, end));
  });
  return {
    text,
    attachments: attachments.length === 0 ? null : attachments,
    except: header.except ?? null,
  };
}

/** The event's name and arguments. */
export function readStored({ text, attachments }: StoredEvent): [string, ...unknown[]] {
  if (attachments === null) return JSON.parse(text) as [string, ...unknown[]];
  const decoder = new PacketDecoder({
    maxAttachments: attachments.length,
    maxNamespaceLength: 1,
    maxDepth: Number.POSITIVE_INFINITY,
  });
  let packet = decoder.addText(`${packetTypes.binaryEvent}${attachments.length}-${text}`);
  for (const attachment of attachments) packet = decoder.addBytes(attachment);
  return packet?.data as [string, ...unknown[]]; // as many as were written
}
