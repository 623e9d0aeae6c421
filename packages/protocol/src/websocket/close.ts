/** Close codes with a name (RFC 6455 §7.4.1 and the IANA registry). */
export const closeCodes = {
  normal: 1000,
  goingAway: 1001,
  protocolError: 1002,
  unsupportedData: 1003,
  /** Never on the wire: the Close frame had no code. */
  noStatus: 1005,
  /** Never on the wire: the connection ended without a Close frame. */
  abnormal: 1006,
  invalidPayload: 1007,
  policyViolation: 1008,
  messageTooBig: 1009,
  mandatoryExtension: 1010,
  internalError: 1011,
  serviceRestart: 1012,
  tryAgainLater: 1013,
} as const;

/** The longest reason that fits a control frame beside its code, in bytes of UTF-8. */
export const MAX_REASON_BYTES = 123;

/**
 * Whether a close code may stand in a Close frame: 1000–1003, 1007–1014 as
 * registered, 3000–4999 for libraries and applications (RFC 6455 §7.4).
 */
export function isValidCloseCode(code: number): boolean {
  return (
    (code >= 1000 && code <= 1014 && code !== 1004 && code !== 1005 && code !== 1006) ||
    (code >= 3000 && code <= 4999)
  );
}
