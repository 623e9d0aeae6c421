/** What the option `connectionStateRecovery` takes. */
export interface RecoveryOptions<Socket> {
  /**
   * How long a client may be away, in milliseconds. Default: 120,000; with durable rooms, whose
   * messages outlive a connection, 86,400,000.
   */
  readonly maxDisconnectionDuration?: number | undefined;
  /**
   * Whether clients that come back are let in without the middlewares being asked. Default false:
   * who was locked out meanwhile stays out.
   */
  readonly skipMiddlewares?: boolean | undefined;
  /**
   * Whose a socket is, for example its user's id. A session is given back only to whom it belongs.
   * Default: whoever knows the session's secret id.
   */
  principal?(socket: Socket): string | null | undefined;
  /** Bytes of events that are not logged that are kept for those who come back. Default 16 MiB. */
  readonly maxBufferedBytes?: number | undefined;
}

/** Everything decided. */
export interface SettledRecovery {
  /** Whether events that are not logged are kept. */
  readonly isBuffering: boolean;
  /** Whether those to single clients are kept, too: by request, since it costs each of them. */
  readonly isBufferingEmits: boolean;
  readonly maxDisconnectionDuration: number | undefined;
  readonly skipMiddlewares: boolean;
  readonly maxBufferedBytes: number;
  readonly principal: ((socket: unknown) => string | null | undefined) | null;
}

export const recoveryDefaults = {
  maxDisconnectionDuration: 120_000,
  durableDisconnectionDuration: 86_400_000,
  maxBufferedBytes: 16_777_216,
} as const;

/** @throws TypeError or RangeError that names the option and what it accepts */
export function settleRecovery<Socket>(
  option: RecoveryOptions<Socket> | boolean | undefined,
): SettledRecovery {
  const options: RecoveryOptions<Socket> = typeof option === "object" ? option : {};
  const { maxDisconnectionDuration, skipMiddlewares = false, principal } = options;
  const { maxBufferedBytes = recoveryDefaults.maxBufferedBytes } = options;
  for (const [name, value] of Object.entries({ maxDisconnectionDuration, maxBufferedBytes })) {
    if (value === undefined || (typeof value === "number" && value >= 0)) continue;
    throw new RangeError(
      `connectionStateRecovery.${name} takes a number from 0 up, not ${String(value)}`,
    );
  }
  if (principal !== undefined && typeof principal !== "function") {
    throw new TypeError(`connectionStateRecovery.principal takes a function of a socket`);
  }
  return {
    isBuffering: option !== false && maxDisconnectionDuration !== 0,
    isBufferingEmits: option !== false && option !== undefined && maxDisconnectionDuration !== 0,
    maxDisconnectionDuration,
    skipMiddlewares,
    maxBufferedBytes,
    principal: principal === undefined ? null : (socket) => principal(socket as Socket), // ours alone
  };
}
