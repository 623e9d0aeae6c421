/** One thing that we do otherwise than ws, and why. */
export interface Deviation {
  readonly what: string;
  readonly ws: string;
  readonly openline: string;
  readonly why: string;
}

/**
 * Everything in which our engine differs from ws on purpose. Each is tested on both
 * sides in deviations.test.ts, and docs/migrating-from-ws.md shows the same table.
 */
export const deviations = {
  maxPayload: {
    what: "`maxPayload` of a server",
    ws: "100 MiB",
    openline: "1 MiB",
    why: "100 MiB from each of a few clients fills a server's memory",
  },
  maxFragments: {
    what: "`maxFragments` of a server",
    ws: "16,384",
    openline: "1,024",
    why: "a message in thousands of pieces is an attack",
  },
  pingBurst: {
    what: "`maxPendingAutoPongs` of a server",
    ws: "60, and a burst of pings in one packet counts",
    openline: "16, and only pongs that wait for a peer that does not read count",
    why: "a peer that reads may ping as it likes; one that does not is cut off sooner",
  },
  unheardError: {
    what: "an `error` event that nobody listens for",
    ws: "ends the process",
    openline: "is dropped; `close` follows as always",
    why: "a peer that sends a bad frame must not be able to stop a server",
  },
  foreignOrigin: {
    what: "a page of another origin",
    ws: "may connect",
    openline: "403, unless `origins` allows it",
    why: "browsers send cookies along with cross-site WebSocket requests",
  },
  version8: {
    what: "version 8 of the protocol, a draft of 2011",
    ws: "works",
    openline: "refused",
    why: "nothing speaks it any more; RFC 6455 is version 13",
  },
  unknownVersion: {
    what: "a handshake of a version that is not supported",
    ws: "400 and `Sec-WebSocket-Version: 13, 8`",
    openline: "426 and `Sec-WebSocket-Version: 13`",
    why: "RFC 6455 §4.4 says 426",
  },
  clientVersion8: {
    what: "the client option `protocolVersion: 8`",
    ws: "works",
    openline: "`RangeError`",
    why: "as above",
  },
  ownHeaders: {
    what: "request headers on a `port` of its own",
    ws: "16 KiB, Node's limit",
    openline: "8 KiB, then 431",
    why: "a handshake needs no more; with `server`, the limit is yours",
  },
  perAddress: {
    what: "connections from one public address",
    ws: "any number",
    openline: "100 (`maxConnectionsPerAddress`), then 429",
    why: "one machine must not take every place",
  },
  heartbeat: {
    what: "pings of a server to an idle peer",
    ws: "none",
    openline: "after 25 s (`heartbeat`); no answer in 20 s terminates",
    why: "a peer that lost its network would stay in `clients` for ever",
  },
  messageTimeout: {
    what: "a message that was begun and not finished",
    ws: "may wait for ever",
    openline: "1008 after 60 s (`messageTimeout`)",
    why: "a byte at a time holds memory for as long as the attacker likes",
  },
  handshakeTimeout: {
    what: "a `verifyClient` that does not call back",
    ws: "holds the connection for ever",
    openline: "408 after 10 s (`handshakeTimeout`)",
    why: "a forgotten callback must not leak sockets",
  },
  backpressure: {
    what: "a peer that does not read what it is sent",
    ws: "the queue grows without a limit",
    openline: "past 1 MiB the connection ends (`backpressure`)",
    why: "one slow reader must not fill a server's memory",
  },
  errorClass: {
    what: "the class of errors about bad frames",
    ws: "`RangeError` or `Error`",
    openline: "`PeerError`, an `Error` with the same `code` and also `closeCode`",
    why: "a peer's fault can be told from a bug of one's own",
  },
  inflateErrorCode: {
    what: "`error.code` for data that does not inflate",
    ws: "zlib's, e.g. `Z_DATA_ERROR`",
    openline: "`WS_ERR_INVALID_DEFLATE_DATA`",
    why: "all codes of bad frames begin with `WS_ERR_`",
  },
  utf8Early: {
    what: "text that is not UTF-8, in a fragmented message",
    ws: "refused once the message is whole",
    openline: "refused at the first bad fragment",
    why: "RFC 6455 §8.1 lets it fail fast; less is held in memory",
  },
  declinedOffer: {
    what: "an offer of permessage-deflate that cannot be accepted",
    ws: "400",
    openline: "the connection opens without compression",
    why: "RFC 7692 §5.1: an extension that is not agreed on is left out",
  },
  refusalType: {
    what: "`Content-Type` of a refused handshake",
    ws: "`text/html`",
    openline: "`text/plain; charset=utf-8`",
    why: "a message that echoes input must not be run as a page",
  },
  splitHeader: {
    what: "a line break in a header that `verifyClient` refuses with",
    ws: "begins another header",
    openline: "becomes a space",
    why: "no response splitting",
  },
  sharedBytes: {
    what: "a `SharedArrayBuffer` that a client sends",
    ws: "is masked in place: the caller's bytes change",
    openline: "stays as it was",
    why: "`send` must not write into what it is given",
  },
  internals: {
    what: "the exports `Sender`, `Receiver`, `PerMessageDeflate`, `extension`, `subprotocol`",
    ws: "there, undocumented",
    openline: "not there",
    why: "they are internals; the pure protocol is `@openline/protocol`",
  },
  badOption: {
    what: "a limit that is no number, or negative",
    ws: "taken for something else",
    openline: "`RangeError` that names the option",
    why: "a typo must not switch a limit off",
  },
} as const satisfies Record<string, Deviation>;
