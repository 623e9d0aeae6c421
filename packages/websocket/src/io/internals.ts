import { Socket, type SocketConstructorOpts, type TcpNetConnectOpts } from "node:net";

/**
 * The one place that touches Node's internals. What it needs is looked for, never
 * assumed; where anything is missing, or OPENLINE_PUBLIC_IO=1 is set, `reader` and
 * `writer` use the public API alone (docs/decisions/0004-node-internals.md).
 */

/** The handle under a plain TCP or pipe socket, as Node 20 to 26 have it. */
export interface StreamHandle {
  readonly writeQueueSize: number;
  useUserBuffer(buffer: Uint8Array): void;
  writeBuffer(request: WriteRequest, bytes: Uint8Array): number;
  /** With `true`, all of `chunks` are bytes. */
  writev(request: WriteRequest, chunks: readonly Uint8Array[], isAllBuffers: true): number;
}

/** Node's WriteWrap: libuv calls `oncomplete` when it could not write at once. */
export interface WriteRequest {
  oncomplete: ((this: WriteRequest, status: number) => void) | null;
  /** Keeps the bytes alive while libuv writes them. */
  buffer?: Uint8Array | readonly Uint8Array[];
  /** Below zero unless a write is under way with it: then it must not be used for another. */
  getAsyncId(): number;
}

/** Documented for net.connect, where it ends up in the socket's constructor. */
type OnReadOptions = SocketConstructorOpts & Pick<TcpNetConnectOpts, "onread">;

/** Called as a method of the socket that read. */
export type ReadCallback = (this: Socket, byteLength: number, buffer: Uint8Array) => boolean;

/** A socket's own fields that `onread` sets, by their symbols. */
type ReadFields = Record<symbol, unknown>;

interface ReadSymbols {
  readonly buffer: symbol;
  readonly callback: symbol;
  readonly generator: symbol;
}

const { OPENLINE_PUBLIC_IO } = process.env;
const isPublicOnly: boolean = OPENLINE_PUBLIC_IO === "1";

/** Finds the symbols under which a socket keeps what its `onread` option said. */
function findReadSymbols(): ReadSymbols | null {
  const options: OnReadOptions = { onread: { buffer: new Uint8Array(1), callback: () => true } };
  const probe = new Socket(options);
  const found = new Map<string | undefined, symbol>();
  for (const symbol of Object.getOwnPropertySymbols(probe)) found.set(symbol.description, symbol);
  probe.destroy();
  const buffer = found.get("kBuffer");
  const callback = found.get("kBufferCb");
  const generator = found.get("kBufferGen");
  if (buffer === undefined || callback === undefined || generator === undefined) return null;
  return { buffer, callback, generator };
}

const readSymbols: ReadSymbols | null = isPublicOnly ? null : findReadSymbols();

/** The handle of a plain socket, or null for TLS and anything else that wraps one. */
export function handleOf(socket: object): StreamHandle | null {
  if (isPublicOnly || Object.getPrototypeOf(socket) !== Socket.prototype) return null;
  const handle = (socket as { _handle?: Partial<StreamHandle> | null })._handle;
  if (
    handle === null ||
    handle === undefined ||
    typeof handle.useUserBuffer !== "function" ||
    typeof handle.writeBuffer !== "function" ||
    typeof handle.writev !== "function" ||
    typeof handle.writeQueueSize !== "number"
  ) {
    return null;
  }
  return handle as StreamHandle; // checked above
}

/**
 * Makes `socket` read into `buffer` and call `callback`, as if it had been made with
 * the `onread` option. False when this Node cannot: then nothing was changed.
 */
export function readInto(
  socket: Socket,
  handle: StreamHandle,
  buffer: Uint8Array,
  callback: ReadCallback,
): boolean {
  if (readSymbols === null) return false;
  const fields = socket as unknown as ReadFields;
  fields[readSymbols.buffer] = buffer;
  fields[readSymbols.callback] = callback;
  fields[readSymbols.generator] = null;
  handle.useUserBuffer(buffer);
  return true;
}

type WriteRequestClass = new () => WriteRequest;

let writeRequestClass: WriteRequestClass | null | undefined;

/** Learns WriteWrap from Node's own use of it: `trigger` must write to the handle at once. */
export function learnWriteRequest(handle: StreamHandle, trigger: () => void): void {
  if (writeRequestClass !== undefined) return;
  writeRequestClass = null;
  const own = handle as { -readonly [K in keyof StreamHandle]?: StreamHandle[K] };
  const original = handle.writeBuffer;
  const spy = function (this: StreamHandle, request: WriteRequest, bytes: Uint8Array): number {
    const isKnown =
      typeof request === "object" &&
      typeof request.oncomplete === "function" &&
      typeof request.getAsyncId === "function";
    if (isKnown) {
      writeRequestClass = request.constructor as WriteRequestClass;
    }
    return original.call(this, request, bytes);
  };
  own.writeBuffer = spy;
  try {
    trigger();
  } finally {
    delete own.writeBuffer;
  }
}

/** Whether `learnWriteRequest` still has something to learn. */
export function isWriteRequestUnknown(): boolean {
  return writeRequestClass === undefined && !isPublicOnly;
}

/** A new WriteWrap, or null when this Node's could not be learnt. */
export function newWriteRequest(): WriteRequest | null {
  return writeRequestClass === undefined || writeRequestClass === null
    ? null
    : new writeRequestClass();
}

/** How a Buffer writes text into itself, without a look at the encoding's name. */
type Write = (this: Buffer, text: string, offset: number, byteLength: number) => number;

const { utf8Write } = Buffer.prototype as { utf8Write?: Write };

/** Writes `text` as UTF-8 into `buffer` from `offset` on; returns how many bytes that took. */
export const writeUtf8: (buffer: Buffer, text: string, offset: number) => number =
  !isPublicOnly && typeof utf8Write === "function"
    ? // 5 % of an echo with 16 in flight.
      (buffer, text, offset) => utf8Write.call(buffer, text, offset, buffer.length - offset)
    : (buffer, text, offset) => buffer.write(text, offset);
