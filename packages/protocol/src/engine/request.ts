/** Why an HTTP request was refused, as its answer's `code` (Engine.IO protocol v4). */
export const engineErrors = {
  UNKNOWN_TRANSPORT: 0,
  UNKNOWN_SID: 1,
  BAD_HANDSHAKE_METHOD: 2,
  BAD_REQUEST: 3,
  FORBIDDEN: 4,
  UNSUPPORTED_PROTOCOL_VERSION: 5,
} as const;

export type EngineErrorCode = (typeof engineErrors)[keyof typeof engineErrors];

/** By code. */
export const engineErrorMessages: Readonly<Record<EngineErrorCode, string>> = {
  0: "Transport unknown",
  1: "Session ID unknown",
  2: "Bad handshake method",
  3: "Bad request",
  4: "Forbidden",
  5: "Unsupported protocol version",
};

/** A refused request: the code, and for those who run the server what exactly was wrong. */
export interface EngineRefusal {
  readonly code: EngineErrorCode;
  readonly context: Readonly<Record<string, unknown>>;
}

/** What matters of a request. */
export interface EngineRequest {
  readonly method: string;
  /** Whether it asks for an upgrade to WebSocket. */
  readonly isUpgrade: boolean;
  /** The query's `transport`, `sid` and `EIO`, where they are there. */
  readonly transport: string | undefined;
  readonly sid: string | undefined;
  readonly version: string | undefined;
}

/** What matters of the session that a request names. */
export interface NamedSession {
  readonly transport: string;
  readonly version: 3 | 4;
}

export interface RequestRules {
  /** Those that are enabled. */
  readonly transports: readonly string[];
  /** Whether version 3 is spoken too. */
  readonly allowsVersion3: boolean;
}

/** The version that a request speaks; what does not say so speaks 3. */
export function versionOf(request: EngineRequest): 3 | 4 {
  return request.version === "4" ? 4 : 3;
}

/**
 * Holds a request against the rules. `session` is the one that its sid names: undefined if it
 * names none, null if it names one that is not there. Returns null if the request is right.
 */
export function checkRequest(
  request: EngineRequest,
  session: NamedSession | null | undefined,
  rules: RequestRules,
): EngineRefusal | null {
  const { transport, sid, method, isUpgrade } = request;
  if (transport === undefined || !rules.transports.includes(transport)) {
    return { code: engineErrors.UNKNOWN_TRANSPORT, context: { transport } };
  }
  if (session === null) return { code: engineErrors.UNKNOWN_SID, context: { sid } };
  const protocol = versionOf(request);
  const misused = { name: "TRANSPORT_HANDSHAKE_ERROR", transport, isUpgrade };
  if (session === undefined) {
    if (method !== "GET") return { code: engineErrors.BAD_HANDSHAKE_METHOD, context: { method } };
    if (isUpgrade !== (transport === "websocket")) return badRequest(misused);
    if (protocol === 3 && !rules.allowsVersion3) {
      return { code: engineErrors.UNSUPPORTED_PROTOCOL_VERSION, context: { protocol } };
    }
    return null;
  }
  const { transport: previousTransport, version: previousProtocol } = session;
  // An upgrade leads away from what is in use, everything else belongs to it.
  if ((previousTransport === transport) === isUpgrade) {
    return badRequest({ name: "TRANSPORT_MISMATCH", transport, previousTransport });
  }
  if (isUpgrade && transport !== "websocket") return badRequest(misused);
  if (protocol !== previousProtocol) {
    return badRequest({ name: "PROTOCOL_MISMATCH", protocol, previousProtocol });
  }
  return null;
}

function badRequest(context: Readonly<Record<string, unknown>>): EngineRefusal {
  return { code: engineErrors.BAD_REQUEST, context };
}
