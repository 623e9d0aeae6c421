import { HandshakeError } from "../errors.ts";
import type { ExtensionParameters } from "./extensions.ts";

/** The name under which permessage-deflate is negotiated (RFC 7692 §7). */
export const DEFLATE_EXTENSION = "permessage-deflate";

/** What both sides agreed on. Windows are 2 ** bits bytes; 15 where nobody asked for less. */
export interface DeflateParameters {
  /** The server compresses each message on its own. */
  readonly serverNoContextTakeover: boolean;
  /** The client compresses each message on its own. */
  readonly clientNoContextTakeover: boolean;
  /** The largest window that the server compresses with, 8–15. */
  readonly serverMaxWindowBits: number;
  /** The largest window that the client compresses with, 8–15. */
  readonly clientMaxWindowBits: number;
}

/** What one side wants of permessage-deflate; the options of `ws` with their meaning. */
export interface DeflatePreferences {
  /**
   * The server compresses each message on its own: true asks for it, false (on a server)
   * declines offers that ask for it. Default: as the other side asks.
   */
  readonly serverNoContextTakeover?: boolean | undefined;
  /**
   * The client compresses each message on its own: true asks for it, false (on a client)
   * refuses a server that asks for it. Default: as the other side asks.
   */
  readonly clientNoContextTakeover?: boolean | undefined;
  /**
   * The window of what the server compresses, 8–15. A server declines offers that demand
   * a smaller one; with false it declines those that demand any. Default: as asked.
   */
  readonly serverMaxWindowBits?: number | boolean | undefined;
  /**
   * The window of what the client compresses, 8–15. On a server a number demands it, and
   * declines clients that cannot. On a client false offers no limit, and unset or true
   * lets the server choose.
   */
  readonly clientMaxWindowBits?: number | boolean | undefined;
}

const MIN_WINDOW_BITS = 8;
const MAX_WINDOW_BITS = 15;

/** One offer or answer with its values checked; undefined where a parameter is missing. */
interface DeflateElement {
  serverNoContextTakeover: boolean;
  clientNoContextTakeover: boolean;
  serverMaxWindowBits: number | undefined;
  /** True when it has no value: "choose one". */
  clientMaxWindowBits: number | true | undefined;
}

/**
 * @throws RangeError if window bits are not whole numbers from 8 to 15
 */
export function checkDeflatePreferences(preferences: DeflatePreferences): void {
  for (const name of ["serverMaxWindowBits", "clientMaxWindowBits"] as const) {
    const bits = preferences[name];
    if (typeof bits === "number" && !isWindowBits(bits)) {
      throw new RangeError(
        `perMessageDeflate.${name} must be a whole number from 8 to 15, not ${bits}`,
      );
    }
  }
}

/**
 * Chooses the first offer that the server can accept, and answers it (RFC 7692 §7.1).
 *
 * `offers` are the client's for permessage-deflate. One with an unknown, repeated or
 * badly valued parameter is passed over; null when none is left: then the connection
 * goes on without compression.
 */
export function acceptDeflateOffer(
  offers: readonly ExtensionParameters[] | undefined,
  preferences: DeflatePreferences,
): { parameters: DeflateParameters; response: string } | null {
  if (offers === undefined) return null;
  for (const offer of offers) {
    const element = readElement(offer);
    if (element !== null && isAcceptable(element, preferences)) return answer(element, preferences);
  }
  return null;
}

function isAcceptable(offer: DeflateElement, preferences: DeflatePreferences): boolean {
  const { serverMaxWindowBits: serverBits, clientMaxWindowBits: clientBits } = preferences;
  if (offer.serverNoContextTakeover && preferences.serverNoContextTakeover === false) return false;
  if (offer.serverMaxWindowBits !== undefined) {
    if (serverBits === false) return false;
    if (typeof serverBits === "number" && serverBits > offer.serverMaxWindowBits) return false;
  }
  if (typeof clientBits !== "number") return true;
  // A client that did not say it can limit its window must not be told to (RFC 7692 §7.1.2.2).
  if (offer.clientMaxWindowBits === undefined) return false;
  return offer.clientMaxWindowBits === true || clientBits <= offer.clientMaxWindowBits;
}

function answer(
  offer: DeflateElement,
  preferences: DeflatePreferences,
): { parameters: DeflateParameters; response: string } {
  const { serverMaxWindowBits: serverBits, clientMaxWindowBits: clientBits } = preferences;
  const answered: DeflateElement = {
    serverNoContextTakeover:
      offer.serverNoContextTakeover || preferences.serverNoContextTakeover === true,
    clientNoContextTakeover:
      offer.clientNoContextTakeover || preferences.clientNoContextTakeover === true,
    serverMaxWindowBits: typeof serverBits === "number" ? serverBits : offer.serverMaxWindowBits,
    clientMaxWindowBits: undefined,
  };
  if (typeof clientBits === "number") answered.clientMaxWindowBits = clientBits;
  else if (clientBits !== false && offer.clientMaxWindowBits !== true) {
    answered.clientMaxWindowBits = offer.clientMaxWindowBits;
  }
  return { parameters: parametersOf(answered), response: formatElement(answered) };
}

/** The client's offer: a value for `Sec-WebSocket-Extensions`. */
export function offerDeflate(preferences: DeflatePreferences): string {
  const { serverMaxWindowBits, clientMaxWindowBits } = preferences;
  return formatElement({
    serverNoContextTakeover: preferences.serverNoContextTakeover === true,
    clientNoContextTakeover: preferences.clientNoContextTakeover === true,
    serverMaxWindowBits: typeof serverMaxWindowBits === "number" ? serverMaxWindowBits : undefined,
    clientMaxWindowBits: clientMaxWindowBits === false ? undefined : (clientMaxWindowBits ?? true),
  });
}

/**
 * Checks the server's answer to `offerDeflate(preferences)`, as parsed.
 *
 * @throws HandshakeError if the answer is malformed or not one to that offer
 */
export function confirmDeflate(
  response: readonly ExtensionParameters[],
  preferences: DeflatePreferences,
): DeflateParameters {
  const element = response.length === 1 ? readElement(response[0]!) : null;
  if (element === null) refuseAnswer("it is malformed");
  const { serverMaxWindowBits: serverBits, clientMaxWindowBits: clientBits } = preferences;
  if (preferences.serverNoContextTakeover === true && !element.serverNoContextTakeover) {
    refuseAnswer("server_no_context_takeover was asked for and is missing");
  }
  if (preferences.clientNoContextTakeover === false && element.clientNoContextTakeover) {
    refuseAnswer("client_no_context_takeover was ruled out");
  }
  if (typeof serverBits === "number" && !(element.serverMaxWindowBits! <= serverBits)) {
    refuseAnswer(`server_max_window_bits must be at most ${serverBits}`);
  }
  if (element.clientMaxWindowBits !== undefined) {
    if (clientBits === false) refuseAnswer("client_max_window_bits was not offered");
    if (element.clientMaxWindowBits === true) refuseAnswer("client_max_window_bits has no value");
    if (typeof clientBits === "number" && element.clientMaxWindowBits > clientBits) {
      refuseAnswer(`client_max_window_bits must be at most ${clientBits}`);
    }
  } else if (typeof clientBits === "number") {
    // The server accepts any window; ours is still no larger than we said.
    element.clientMaxWindowBits = clientBits;
  }
  return parametersOf({
    ...element,
    clientNoContextTakeover:
      element.clientNoContextTakeover || preferences.clientNoContextTakeover === true,
  });
}

function refuseAnswer(reason: string): never {
  throw new HandshakeError(
    101,
    `Invalid Sec-WebSocket-Extensions header: the server's answer for permessage-deflate: ${reason}`,
  );
}

/** Reads one element; null when a parameter is unknown, repeated or has a bad value. */
function readElement(parameters: ExtensionParameters): DeflateElement | null {
  const element: DeflateElement = {
    serverNoContextTakeover: false,
    clientNoContextTakeover: false,
    serverMaxWindowBits: undefined,
    clientMaxWindowBits: undefined,
  };
  for (const name of Object.keys(parameters)) {
    const values = parameters[name]!;
    if (values.length !== 1 || !readParameter(element, name, values[0]!)) return null;
  }
  return element;
}

function readParameter(element: DeflateElement, name: string, value: string | true): boolean {
  switch (name) {
    case "server_no_context_takeover":
      element.serverNoContextTakeover = true;
      return value === true;
    case "client_no_context_takeover":
      element.clientNoContextTakeover = true;
      return value === true;
    case "server_max_window_bits":
      element.serverMaxWindowBits = readWindowBits(value);
      return element.serverMaxWindowBits !== undefined;
    case "client_max_window_bits":
      element.clientMaxWindowBits = value === true || readWindowBits(value);
      return element.clientMaxWindowBits !== undefined;
    default:
      return false;
  }
}

/** A number from 8 to 15 without leading zeros (RFC 7692 §7.1.2); undefined for all else. */
function readWindowBits(value: string | true): number | undefined {
  const bits = Number(value);
  return isWindowBits(bits) && String(bits) === value ? bits : undefined;
}

function isWindowBits(bits: number): boolean {
  return Number.isInteger(bits) && bits >= MIN_WINDOW_BITS && bits <= MAX_WINDOW_BITS;
}

function parametersOf(element: DeflateElement): DeflateParameters {
  const { serverMaxWindowBits, clientMaxWindowBits } = element;
  return {
    serverNoContextTakeover: element.serverNoContextTakeover,
    clientNoContextTakeover: element.clientNoContextTakeover,
    serverMaxWindowBits: serverMaxWindowBits ?? MAX_WINDOW_BITS,
    clientMaxWindowBits:
      typeof clientMaxWindowBits === "number" ? clientMaxWindowBits : MAX_WINDOW_BITS,
  };
}

function formatElement(element: DeflateElement): string {
  const { serverMaxWindowBits, clientMaxWindowBits } = element;
  let text = DEFLATE_EXTENSION;
  if (element.serverNoContextTakeover) text += "; server_no_context_takeover";
  if (element.clientNoContextTakeover) text += "; client_no_context_takeover";
  if (serverMaxWindowBits !== undefined) text += `; server_max_window_bits=${serverMaxWindowBits}`;
  if (clientMaxWindowBits === true) text += "; client_max_window_bits";
  else if (clientMaxWindowBits !== undefined) {
    text += `; client_max_window_bits=${clientMaxWindowBits}`;
  }
  return text;
}
