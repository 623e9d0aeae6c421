import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { HandshakeError } from "../errors.ts";
import {
  acceptDeflateOffer,
  checkDeflatePreferences,
  confirmDeflate,
  type DeflateParameters,
  type DeflatePreferences,
  offerDeflate,
} from "./deflate-negotiation.ts";
import { type ExtensionParameters, parseExtensions } from "./extensions.ts";

/** The elements of a header such as `"server_max_window_bits=10, "`: the name is added. */
function elements(...parameters: string[]): readonly ExtensionParameters[] {
  const header = parameters.map((list) => `permessage-deflate${list && "; "}${list}`).join(", ");
  return parseExtensions(header).get("permessage-deflate")!;
}

function accept(offers: string[], preferences: DeflatePreferences = {}): string | null {
  return acceptDeflateOffer(elements(...offers), preferences)?.response ?? null;
}

const P = "permessage-deflate";

describe("acceptDeflateOffer", () => {
  it.each<[string[], DeflatePreferences, string | null]>([
    [[""], {}, P],
    [["client_max_window_bits"], {}, P],
    [["client_max_window_bits=10"], {}, `${P}; client_max_window_bits=10`],
    [["client_max_window_bits=10"], { clientMaxWindowBits: false }, P],
    [["client_max_window_bits"], { clientMaxWindowBits: 9 }, `${P}; client_max_window_bits=9`],
    [["client_max_window_bits=10"], { clientMaxWindowBits: 9 }, `${P}; client_max_window_bits=9`],
    [["client_max_window_bits=8"], { clientMaxWindowBits: 9 }, null],
    [[""], { clientMaxWindowBits: 9 }, null],
    [["server_max_window_bits=10"], {}, `${P}; server_max_window_bits=10`],
    [["server_max_window_bits=8"], {}, `${P}; server_max_window_bits=8`],
    [["server_max_window_bits=12"], { serverMaxWindowBits: 10 }, `${P}; server_max_window_bits=10`],
    [["server_max_window_bits=9"], { serverMaxWindowBits: 10 }, null],
    [["server_max_window_bits=9"], { serverMaxWindowBits: false }, null],
    [[""], { serverMaxWindowBits: 10 }, `${P}; server_max_window_bits=10`],
    [["server_no_context_takeover"], {}, `${P}; server_no_context_takeover`],
    [["server_no_context_takeover"], { serverNoContextTakeover: false }, null],
    [[""], { serverNoContextTakeover: true }, `${P}; server_no_context_takeover`],
    [["client_no_context_takeover"], {}, `${P}; client_no_context_takeover`],
    [[""], { clientNoContextTakeover: true }, `${P}; client_no_context_takeover`],
    [
      ["server_max_window_bits=9", ""],
      { serverMaxWindowBits: 10 },
      `${P}; server_max_window_bits=10`,
    ],
    [
      ["client_max_window_bits; server_no_context_takeover", ""],
      {},
      `${P}; server_no_context_takeover`,
    ],
  ])("answers %j with preferences %j by %j", (offers, preferences, response) => {
    expect(accept(offers, preferences)).toBe(response);
  });

  it("says what both sides will do", () => {
    const parameters: DeflateParameters = {
      serverNoContextTakeover: true,
      clientNoContextTakeover: false,
      serverMaxWindowBits: 10,
      clientMaxWindowBits: 15,
    };
    const offers = elements(
      "server_no_context_takeover; server_max_window_bits=10; client_max_window_bits",
    );
    expect(acceptDeflateOffer(offers, {})?.parameters).toEqual(parameters);
  });

  it.each([
    "7",
    "16",
    "0",
    "-8",
    "010",
    "8.0",
    "1e1",
    "0x9",
    "abc",
    "9999999999999999999999",
    "NaN",
  ])("passes over window bits of %s (CVE-2026-2229)", (bits) => {
    expect(accept([`server_max_window_bits=${bits}`])).toBe(null);
    expect(accept([`client_max_window_bits=${bits}`])).toBe(null);
    expect(accept([`client_max_window_bits=${bits}`, ""])).toBe(P);
  });

  it.each([
    "server_max_window_bits",
    "server_no_context_takeover=1",
    "client_no_context_takeover=true",
    "server_no_context_takeover; server_no_context_takeover",
    "client_max_window_bits; client_max_window_bits=9",
    "unknown",
    "__proto__",
    "constructor=1",
    "Server_no_context_takeover",
  ])("passes over an offer with %s", (parameters) => {
    expect(accept([parameters])).toBe(null);
    expect(accept([parameters, ""])).toBe(P);
  });

  it("accepts nothing when nothing is offered", () => {
    expect(acceptDeflateOffer(undefined, {})).toBe(null);
    expect(acceptDeflateOffer([], {})).toBe(null);
  });
});

describe("offerDeflate", () => {
  it.each<[DeflatePreferences, string]>([
    [{}, `${P}; client_max_window_bits`],
    [{ clientMaxWindowBits: true }, `${P}; client_max_window_bits`],
    [{ clientMaxWindowBits: false }, P],
    [
      { clientMaxWindowBits: 10, serverMaxWindowBits: 9 },
      `${P}; server_max_window_bits=9; client_max_window_bits=10`,
    ],
    [
      { serverNoContextTakeover: true, clientNoContextTakeover: true, clientMaxWindowBits: false },
      `${P}; server_no_context_takeover; client_no_context_takeover`,
    ],
    [{ serverMaxWindowBits: true, serverNoContextTakeover: false }, `${P}; client_max_window_bits`],
  ])("offers %j as %j", (preferences, offer) => {
    expect(offerDeflate(preferences)).toBe(offer);
  });
});

describe("confirmDeflate", () => {
  const defaults = {
    serverNoContextTakeover: false,
    clientNoContextTakeover: false,
    serverMaxWindowBits: 15,
    clientMaxWindowBits: 15,
  };

  it.each<[string, DeflatePreferences, Partial<DeflateParameters>]>([
    ["", {}, {}],
    ["client_max_window_bits=9", {}, { clientMaxWindowBits: 9 }],
    ["server_max_window_bits=9", {}, { serverMaxWindowBits: 9 }],
    ["server_no_context_takeover", {}, { serverNoContextTakeover: true }],
    ["client_no_context_takeover", {}, { clientNoContextTakeover: true }],
    ["", { clientMaxWindowBits: 11 }, { clientMaxWindowBits: 11 }],
    ["client_max_window_bits=10", { clientMaxWindowBits: 11 }, { clientMaxWindowBits: 10 }],
    ["", { clientNoContextTakeover: true }, { clientNoContextTakeover: true }],
    ["server_max_window_bits=8", { serverMaxWindowBits: 9 }, { serverMaxWindowBits: 8 }],
  ])("takes the answer %j to preferences %j", (answer, preferences, expected) => {
    expect(confirmDeflate(elements(answer), preferences)).toEqual({ ...defaults, ...expected });
  });

  it.each<[string, DeflatePreferences]>([
    ["client_max_window_bits", {}],
    ["client_max_window_bits=16", {}],
    ["client_max_window_bits=10", { clientMaxWindowBits: false }],
    ["client_max_window_bits=12", { clientMaxWindowBits: 11 }],
    ["client_no_context_takeover", { clientNoContextTakeover: false }],
    ["", { serverNoContextTakeover: true }],
    ["", { serverMaxWindowBits: 9 }],
    ["server_max_window_bits=10", { serverMaxWindowBits: 9 }],
    ["server_max_window_bits=7", {}],
    ["server_max_window_bits", {}],
    ["server_no_context_takeover; server_no_context_takeover", {}],
    ["unknown=1", {}],
  ])("refuses the answer %j to preferences %j", (answer, preferences) => {
    expect(() => confirmDeflate(elements(answer), preferences)).toThrow(HandshakeError);
  });

  it("refuses two answers, and none", () => {
    expect(() => confirmDeflate(elements("", ""), {})).toThrow(HandshakeError);
    expect(() => confirmDeflate([], {})).toThrow(HandshakeError);
  });
});

describe("checkDeflatePreferences", () => {
  it.each([7, 16, 9.5, Number.NaN, -1])(
    "refuses window bits of %d and names the option",
    (bits) => {
      expect(() => checkDeflatePreferences({ clientMaxWindowBits: bits })).toThrow(
        /perMessageDeflate\.clientMaxWindowBits/,
      );
      expect(() => checkDeflatePreferences({ serverMaxWindowBits: bits })).toThrow(RangeError);
    },
  );

  it("accepts what the negotiation understands", () => {
    checkDeflatePreferences({});
    checkDeflatePreferences({ clientMaxWindowBits: true, serverMaxWindowBits: 8 });
    checkDeflatePreferences({ clientMaxWindowBits: false, serverMaxWindowBits: 15 });
  });
});

describe("negotiation", () => {
  const bits = fc.option(fc.oneof(fc.integer({ min: 8, max: 15 }), fc.boolean()), {
    nil: undefined,
  });
  const flag = fc.option(fc.boolean(), { nil: undefined });
  const preferences = fc.record({
    serverNoContextTakeover: flag,
    clientNoContextTakeover: flag,
    serverMaxWindowBits: bits,
    clientMaxWindowBits: bits,
  });

  it("leaves both sides with the same windows, whatever they prefer", () => {
    fc.assert(
      fc.property(preferences, preferences, (client, server) => {
        const offer = parseExtensions(offerDeflate(client)).get(P);
        const accepted = acceptDeflateOffer(offer, server);
        if (accepted === null) return;
        const answer = parseExtensions(accepted.response).get(P)!;
        let confirmed: DeflateParameters;
        try {
          confirmed = confirmDeflate(answer, client);
        } catch (error) {
          // A preference of false is not on the wire: the server cannot know of it.
          expect(client.clientNoContextTakeover).toBe(false);
          expect(error).toBeInstanceOf(HandshakeError);
          return;
        }
        expect(confirmed.serverMaxWindowBits).toBe(accepted.parameters.serverMaxWindowBits);
        expect(confirmed.serverNoContextTakeover).toBe(accepted.parameters.serverNoContextTakeover);
        // What a client compresses may only be easier to read than the server expects.
        expect(confirmed.clientMaxWindowBits).toBeLessThanOrEqual(
          accepted.parameters.clientMaxWindowBits,
        );
        if (accepted.parameters.clientNoContextTakeover)
          expect(confirmed.clientNoContextTakeover).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });
});
