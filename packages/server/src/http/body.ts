import type { IncomingMessage } from "node:http";

/** What becomes of reading a body. */
export interface BodyReader {
  /** All of it is there. */
  done(body: Buffer): void;
  /** It is longer than was allowed; the rest is not read. */
  tooLong(): void;
  /** The client went away before its end. */
  aborted(): void;
}

/** Reads a request's body of at most `maxBytes`; exactly one of the reader's methods is called. */
export function readBody(request: IncomingMessage, maxBytes: number, reader: BodyReader): void {
  const chunks: Buffer[] = [];
  let size = 0;
  let isOver = false;
  const finish = (tell: () => void): void => {
    if (isOver) return;
    isOver = true;
    request.off("data", onData);
    request.off("end", onEnd);
    request.off("close", onClose);
    tell();
  };
  const onData = (chunk: Buffer): void => {
    size += chunk.length;
    if (size > maxBytes) finish(() => reader.tooLong());
    else chunks.push(chunk);
  };
  const onEnd = (): void => {
    const only = chunks.length === 1 ? chunks[0] : undefined;
    finish(() => reader.done(only ?? Buffer.concat(chunks, size)));
  };
  const onClose = (): void => finish(() => reader.aborted());
  if (Number(request.headers["content-length"]) > maxBytes) {
    finish(() => reader.tooLong());
    return;
  }
  request.on("data", onData);
  request.on("end", onEnd);
  request.on("close", onClose);
}
