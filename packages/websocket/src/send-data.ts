/**
 * What `send`, `ping` and `pong` take: what ws takes, and a list of pieces as
 * `binaryType` "fragments" delivers it, so that whatever is received can be sent.
 */
export type SendData =
  | string
  | number
  | Buffer
  | ArrayBufferLike
  | ArrayBufferView
  | Blob
  | readonly number[]
  | readonly Uint8Array[]
  | null
  | undefined;

const empty: Buffer = Buffer.alloc(0);

/**
 * The bytes of what a user handed over, not copied where they lie in memory already.
 *
 * @throws TypeError when `data` is nothing that has bytes
 */
export function toBytes(data: Exclude<SendData, Blob>): Uint8Array {
  if (data instanceof Uint8Array) return withTrueLength(data);
  if (data === undefined || data === null || data === "") return empty;
  if (typeof data === "string") return Buffer.from(data);
  if (typeof data === "number") return Buffer.from(data.toString());
  if (ArrayBuffer.isView(data)) return Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  if (data instanceof ArrayBuffer || data instanceof SharedArrayBuffer) return Buffer.from(data);
  if (isListOfPieces(data)) return Buffer.concat(data);
  return Buffer.from(data as readonly number[]); // throws for what it cannot take
}

const trueLength = Object.getOwnPropertyDescriptor(
  Object.getPrototypeOf(Uint8Array.prototype) as object,
  "length",
)?.get as (this: Uint8Array) => number;

/**
 * `bytes`, if it is as long as it says. Frames are built in memory that is used again: one whose
 * header announced more than is written into it would disclose what was there before.
 */
function withTrueLength(bytes: Uint8Array): Uint8Array {
  if (trueLength.call(bytes) === bytes.length) return bytes;
  throw new TypeError("data has a length of its own that is not that of its bytes");
}

/** Whether `data` is a Blob, of any realm (Node's own or a polyfill's). */
export function isBlob(data: unknown): data is Blob {
  return (
    typeof data === "object" &&
    data !== null &&
    typeof (data as Partial<Blob>).arrayBuffer === "function" &&
    typeof (data as Partial<Blob>).stream === "function" &&
    (data as Partial<Blob>).size !== undefined
  );
}

function isListOfPieces(data: unknown): data is readonly Uint8Array[] {
  return Array.isArray(data) && data.length > 0 && data.every((each) => each instanceof Uint8Array);
}
