/**
 * The parsers of `ws` by themselves, which its package does not export: the second opinion on
 * what to accept.
 */
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

const require = createRequire(import.meta.url);
const folder = join(dirname(require.resolve("ws/package.json")), "lib");

/** What `ws` makes of a header of extensions: name → one record for each time it is listed. */
export type WsExtensions = Record<string, Record<string, (string | true)[]>[]>;

/** What a `Receiver` of `ws` can be told. */
export interface WsReceiverOptions {
  readonly isServer: boolean;
  readonly maxPayload: number;
  readonly maxFragments: number;
  readonly skipUTF8Validation: boolean;
}

/** A `Receiver` as far as it is used here: `_write` takes bytes and answers in the same turn. */
export interface WsReceiver {
  on(event: string, listener: (...values: never[]) => void): this;
  _write(chunk: Buffer, encoding: null, done: (error?: Error & { code: string }) => void): void;
}

interface WsPerMessageDeflate {
  accept(offers: Record<string, (string | true)[]>[]): Record<string, number | true>;
}

export const wsExtensions: { parse(header: string): WsExtensions } = require(
  join(folder, "extension.js"),
);
export const wsSubprotocols: { parse(header: string): Set<string> } = require(
  join(folder, "subprotocol.js"),
);
export const WsReceiver: new (options: WsReceiverOptions) => WsReceiver = require(
  join(folder, "receiver.js"),
);
export const WsPerMessageDeflate: new (options: object) => WsPerMessageDeflate = require(
  join(folder, "permessage-deflate.js"),
);
