export const defaultPort = 3000;

/**
 * The port that `PORT` says.
 *
 * @throws RangeError for what is no port
 */
export function readPort(text: string | undefined): number {
  if (text === undefined || text === "") return defaultPort;
  const port = Number(text);
  if (Number.isInteger(port) && port >= 0 && port <= 65_535) return port;
  throw new RangeError(`PORT is a number from 0 to 65535, not "${text}"`);
}
