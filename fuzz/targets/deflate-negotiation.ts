import { HandshakeError } from "@openline/protocol/errors";
import {
  acceptDeflateOffer,
  confirmDeflate,
  type DeflateParameters,
  type DeflatePreferences,
  type ExtensionParameters,
  offerDeflate,
  parseExtensions,
} from "@openline/protocol/websocket";
import type { Random } from "../engine/random.ts";
import { bytesOf, concat, type Target, textOf } from "../engine/target.ts";
import { check, same } from "../engine/violation.ts";
import { WsPerMessageDeflate, wsExtensions } from "../reference/ws.ts";
import { deflateList } from "./grammar.ts";

const NAME = "permessage-deflate";
const switches = [undefined, true, false] as const;
const windows = [undefined, true, false, 8, 9, 12, 15] as const;

const dictionary = [
  ...["; server_no_context_takeover", "; client_no_context_takeover", ", permessage-deflate"],
  ...["; server_max_window_bits=", "; client_max_window_bits", "=8", "=9", "=15", "=09", "=1e1"],
].map(bytesOf);

const examples = [
  "permessage-deflate",
  "permessage-deflate; client_max_window_bits",
  "permessage-deflate; server_max_window_bits=10; client_max_window_bits=9",
  "permessage-deflate; server_no_context_takeover; client_no_context_takeover",
  "permessage-deflate; nonsense, permessage-deflate; client_max_window_bits=8",
].flatMap((header) =>
  [
    [0, 0],
    [26, 5],
    [4, 33],
  ].map((setup) => withSetup(setup, header)),
);

/** The server's side: two bytes that choose what it prefers, then the client's header. */
export const deflateOffers: Target = {
  name: "deflate-offers",
  about:
    "`acceptDeflateOffer` under every kind of preference: the answer keeps to RFC 7692 §7.1 and to one of the offers, the client that it answers accepts it with the same parameters, and `ws` chooses the same where it accepts",
  sources: /protocol\/src\/websocket\/(deflate-negotiation|extensions)\.ts/,
  maxBytes: 2000,
  shortExecutions: 40_000,
  dictionary,
  examples,
  generate,
  run(input) {
    const preferences = preferencesOf(input);
    const header = textOf(input.subarray(2));
    const offers = parsed(header)?.get(NAME);
    const answer = acceptDeflateOffer(offers, preferences);
    const theirs = wsAnswer(header, { ...preferences, isServer: true });
    if (offers === undefined) return "no offer";
    if (answer === null) {
      check(theirs === null, "ws accepts an offer that we decline", () => header);
      return "declined";
    }
    const { parameters, response } = answer;
    checkAnswer(offers, answer, preferences);
    // Read as the client reads it that made such an offer.
    const confirmed = confirmDeflate(parsed(response)?.get(NAME) ?? [], {});
    same("the client understands the answer otherwise", jsonOf(parameters), jsonOf(confirmed));
    if (theirs !== null) same("ws chooses otherwise", jsonOf(parameters), jsonOf(theirs));
    return `accepted ${response.split(";").length}`;
  },
};

/** The client's side: two bytes that choose what it offered, then the server's header. */
export const deflateAnswers: Target = {
  name: "deflate-answers",
  about:
    "`confirmDeflate` under every kind of preference: refuses with a HandshakeError alone, what it accepts keeps to the offer that was made, and `ws` understands it in the same way",
  sources: /protocol\/src\/websocket\/(deflate-negotiation|extensions)\.ts/,
  maxBytes: 2000,
  shortExecutions: 40_000,
  dictionary,
  examples,
  generate,
  run(input) {
    const preferences = preferencesOf(input);
    const header = textOf(input.subarray(2));
    const response = parsed(header)?.get(NAME);
    if (response === undefined) return "no answer";
    const ours = confirmed(response, preferences);
    if (ours === null) return "refused";
    const theirs = wsAnswer(header, { ...preferences, isServer: false });
    check(theirs !== null, "ws refuses an answer that we accept", () => header);
    // What the client prefers for itself it keeps to, also where the server does not repeat it.
    const own =
      preferences.clientNoContextTakeover === true ? { clientNoContextTakeover: true } : {};
    same("ws understands the answer otherwise", jsonOf(ours), jsonOf({ ...theirs!, ...own }));
    checkConfirmed(ours, preferences);
    // A server that got our offer could have said so, or else the offer was another.
    check(parsed(offerDeflate(preferences)) !== null, "our own offer is malformed");
    return `accepted ${ours.serverNoContextTakeover} ${ours.clientNoContextTakeover}`;
  },
};

function withSetup(setup: readonly number[], header: string): Uint8Array {
  return concat(Uint8Array.from(setup), bytesOf(header));
}

function generate(random: Random): Uint8Array {
  return withSetup([random.below(9), random.below(49)], deflateList(random));
}

function preferencesOf(input: Uint8Array): DeflatePreferences {
  const first = input[0] ?? 0;
  const second = input[1] ?? 0;
  return {
    serverNoContextTakeover: switches[first % 3],
    clientNoContextTakeover: switches[Math.floor(first / 3) % 3],
    serverMaxWindowBits: windows[second % 7],
    clientMaxWindowBits: windows[Math.floor(second / 7) % 7],
  };
}

function parsed(header: string): ReturnType<typeof parseExtensions> | null {
  try {
    return parseExtensions(header);
  } catch (error) {
    if (error instanceof HandshakeError) return null;
    throw error;
  }
}

function confirmed(
  response: readonly ExtensionParameters[],
  preferences: DeflatePreferences,
): DeflateParameters | null {
  try {
    return confirmDeflate(response, preferences);
  } catch (error) {
    if (error instanceof HandshakeError && error.status === 101) return null;
    throw error;
  }
}

/** Numbers as RFC 7692 §7.1.2 writes them; `ws` also reads others, which is listed as its deviation. */
const isWindowBits = /^([89]|1[0-5])$/;

/** What `ws` agrees to; null where it refuses, or reads a number that is none by the grammar. */
function wsAnswer(
  header: string,
  options: DeflatePreferences & { isServer: boolean },
): DeflateParameters | null {
  try {
    const offers = wsExtensions.parse(header)[NAME] ?? [];
    const texts = offers.flatMap((offer) => Object.values(offer).flat());
    if (texts.some((text) => text !== true && !isWindowBits.test(text))) return null;
    // For a client, `ws` looks at the first element alone, which is listed as its deviation.
    if (!options.isServer && offers.length !== 1) return null;
    const accepted = new WsPerMessageDeflate(options).accept(offers);
    const client = accepted.client_max_window_bits;
    return {
      serverNoContextTakeover: accepted.server_no_context_takeover === true,
      clientNoContextTakeover: accepted.client_no_context_takeover === true,
      serverMaxWindowBits: Number(accepted.server_max_window_bits ?? 15),
      clientMaxWindowBits: typeof client === "number" ? client : 15,
    };
  } catch {
    return null;
  }
}

/** RFC 7692 §7.1 in other words than the code that it checks. */
function checkAnswer(
  offers: readonly ExtensionParameters[],
  answer: { parameters: DeflateParameters; response: string },
  preferences: DeflatePreferences,
): void {
  const { parameters, response } = answer;
  const fits = offers.some((offer) => {
    const serverBits = offer.server_max_window_bits?.[0];
    const clientBits = offer.client_max_window_bits?.[0];
    const asksServer = offer.server_no_context_takeover !== undefined;
    return (
      (!asksServer || parameters.serverNoContextTakeover) &&
      (serverBits === undefined || parameters.serverMaxWindowBits <= Number(serverBits)) &&
      (clientBits !== undefined || !response.includes("client_max_window_bits")) &&
      (typeof clientBits !== "string" ||
        !response.includes("client_max_window_bits") ||
        parameters.clientMaxWindowBits <= Number(clientBits))
    );
  });
  check(fits, "the answer fits none of the offers", () => response);
  const { serverMaxWindowBits, clientMaxWindowBits } = preferences;
  check(
    (typeof serverMaxWindowBits !== "number" ||
      parameters.serverMaxWindowBits <= serverMaxWindowBits) &&
      (typeof clientMaxWindowBits !== "number" ||
        parameters.clientMaxWindowBits <= clientMaxWindowBits),
    "the answer does not keep to what the server prefers",
    () => response,
  );
}

function checkConfirmed(ours: DeflateParameters, preferences: DeflatePreferences): void {
  const { serverMaxWindowBits, clientMaxWindowBits } = preferences;
  check(
    (preferences.serverNoContextTakeover !== true || ours.serverNoContextTakeover) &&
      (preferences.clientNoContextTakeover !== true || ours.clientNoContextTakeover) &&
      (preferences.clientNoContextTakeover !== false || !ours.clientNoContextTakeover) &&
      (typeof serverMaxWindowBits !== "number" ||
        ours.serverMaxWindowBits <= serverMaxWindowBits) &&
      (typeof clientMaxWindowBits !== "number" || ours.clientMaxWindowBits <= clientMaxWindowBits),
    "what was agreed on is not what the client offered",
    () => jsonOf(ours),
  );
}

function jsonOf(parameters: DeflateParameters): string {
  const { serverNoContextTakeover, clientNoContextTakeover } = parameters;
  const { serverMaxWindowBits, clientMaxWindowBits } = parameters;
  return [
    serverNoContextTakeover,
    clientNoContextTakeover,
    serverMaxWindowBits,
    clientMaxWindowBits,
  ].join();
}
