/**
 * Where the server writes what happens: a pino, or anything with its six levels.
 *
 * Fields come first and hold nothing secret (see `redact.ts`); the message is one constant sentence,
 * so that lines can be counted.
 */
export interface Logger {
  trace: LogMethod;
  debug: LogMethod;
  info: LogMethod;
  warn: LogMethod;
  error: LogMethod;
  fatal: LogMethod;
}

/** Writes one line. */
export type LogMethod = (fields: object, message?: string) => void;

/** From the least to the most important. */
export const logLevels = ["trace", "debug", "info", "warn", "error", "fatal"] as const;

/** A key of {@link Logger}. */
export type LogLevel = (typeof logLevels)[number];

/** Writes nothing. */
export const silentLogger: Logger = fromLevels(() => () => undefined);

/**
 * One that never throws: a log whose disk is full must not end connections.
 *
 * @throws TypeError for what has not all levels
 */
export function steadyLogger(logger: Logger): Logger {
  for (const level of logLevels) {
    if (typeof (logger as Partial<Logger> | null | undefined)?.[level] === "function") continue;
    throw new TypeError(
      `\`logger\` takes a pino, or an object with the methods ${logLevels.join(", ")}: ` +
        `it has no \`${level}\``,
    );
  }
  return fromLevels((level) => (fields, message) => {
    try {
      logger[level](fields, message);
    } catch {
      // There is nowhere left to say so.
    }
  });
}

function fromLevels(make: (level: LogLevel) => LogMethod): Logger {
  return Object.fromEntries(logLevels.map((level) => [level, make(level)])) as unknown as Logger; // all of them
}
