export const defaultPort = 3000;

/**
 * The port that a variable says, `PORT` unless it is another.
 *
 * @throws RangeError for what is no port
 */
export function readPort(text: string | undefined, name = "PORT"): number {
  if (text === undefined || text === "") return defaultPort;
  const port = Number(text);
  if (Number.isInteger(port) && port >= 0 && port <= 65_535) return port;
  throw new RangeError(`${name} is a number from 0 to 65535, not "${text}"`);
}
