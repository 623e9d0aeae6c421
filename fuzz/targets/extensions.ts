import { HandshakeError } from "@openline/protocol/errors";
import {
  type ExtensionOffers,
  formatExtensions,
  parseExtensions,
  parseSubprotocols,
} from "@openline/protocol/websocket";
import type { Random } from "../engine/random.ts";
import { bytesOf, type Target, textOf } from "../engine/target.ts";
import { check, same, Violation } from "../engine/violation.ts";
import { wsExtensions, wsSubprotocols } from "../reference/ws.ts";
import { extensionList, subprotocolList } from "./grammar.ts";

/** The limits that are ours alone: past them `ws` may read on. */
const MAX_LENGTH = 8192;
const MAX_ITEMS = 128;

const words = [
  ...["permessage-deflate", "constructor", "__proto__", "x-webkit-deflate-frame", "a", "b"],
  ...["server_no_context_takeover", "client_max_window_bits", "=15", '="15"', '="\\a"'],
  ...[", ", ",", "; ", ";", "=", '"', "\\", " ", "\t", ",,", ";;", '=""', '="', "\x7f", "\x80"],
].map(bytesOf);

/** `Sec-WebSocket-Extensions`. */
export const extensions: Target = {
  name: "extensions",
  about:
    "`parseExtensions`: refuses with a HandshakeError alone, agrees with `ws` on every header within our limits, and reads what `formatExtensions` writes of it as the same",
  sources: /protocol\/src\/websocket\/(extensions|token)\.ts/,
  maxBytes: 9000,
  shortExecutions: 40_000,
  dictionary: words,
  examples: [
    "permessage-deflate; client_max_window_bits",
    'a;b="c",a;b=d;b',
    'foo; bar="\\b\\a\\z"',
    "constructor; __proto__=toString, hasOwnProperty",
    "a;",
    ",a",
  ].map(bytesOf),
  generate: (random: Random) => bytesOf(extensionList(random)),
  work: (input) => void attempt(() => parseExtensions(textOf(input))),
  run(input) {
    const header = textOf(input);
    const ours = attempt(() => parseExtensions(header));
    const theirs = attemptWs(() => wsExtensions.parse(header));
    if (ours === null) {
      if (theirs === null) return "refused";
      const isPastLimit = header.length > MAX_LENGTH || itemsOf(theirs) > MAX_ITEMS;
      check(isPastLimit, "ws accepts extensions that we refuse", () => header);
      return "past a limit";
    }
    if (theirs === null) throw new Violation("ws refuses extensions that we accept", header);
    same("ws reads extensions otherwise", jsonOf(ours), JSON.stringify(Object.entries(theirs)));
    const again = parseExtensions(formatExtensions(ours));
    same("extensions change when written and read", jsonOf(ours), jsonOf(again));
    return `accepted ${Math.min(3, ours.size)}`;
  },
};

/** `Sec-WebSocket-Protocol`. */
export const subprotocols: Target = {
  name: "subprotocols",
  about:
    "`parseSubprotocols`: refuses with a HandshakeError alone, and agrees with `ws` on every header within our limits",
  sources: /protocol\/src\/websocket\/(extensions|token)\.ts/,
  maxBytes: 9000,
  shortExecutions: 60_000,
  dictionary: words,
  examples: ["chat", "chat, superchat", "a,b\t,c", "a, a", "b  \t x", ", a"].map(bytesOf),
  generate: (random: Random) => bytesOf(subprotocolList(random)),
  work: (input) => void attempt(() => parseSubprotocols(textOf(input))),
  run(input) {
    const header = textOf(input);
    const ours = attempt(() => parseSubprotocols(header));
    const theirs = attemptWs(() => wsSubprotocols.parse(header));
    if (ours === null) {
      if (theirs === null) return "refused";
      const isPastLimit = header.length > MAX_LENGTH || theirs.size > MAX_ITEMS;
      check(isPastLimit, "ws accepts subprotocols that we refuse", () => header);
      return "past a limit";
    }
    if (theirs === null) throw new Violation("ws refuses subprotocols that we accept", header);
    same("ws reads subprotocols otherwise", [...ours].join(), [...theirs].join());
    return `accepted ${Math.min(3, ours.size)}`;
  },
};

/** Null when the header is refused with 400; everything else that is thrown goes on. */
function attempt<T>(parse: () => T): T | null {
  try {
    return parse();
  } catch (error) {
    if (error instanceof HandshakeError && error.status === 400) return null;
    throw error;
  }
}

function attemptWs<T>(parse: () => T): T | null {
  try {
    return parse();
  } catch {
    return null;
  }
}

/** In the order in which `Object.entries` has what `ws` makes. */
function jsonOf(offers: ExtensionOffers): string {
  return JSON.stringify(
    Object.entries(Object.assign(Object.create(null), Object.fromEntries(offers))),
  );
}

function itemsOf(parsed: Record<string, Record<string, unknown[]>[]>): number {
  let items = 0;
  for (const offers of Object.values(parsed)) {
    for (const parameters of offers) {
      items += 1;
      for (const values of Object.values(parameters)) items += values.length;
    }
  }
  return items;
}
