/** A time of day to the millisecond, here: `07:40:02.114`. */
export function timeOf(atMs: number): string {
  const date = new Date(atMs);
  const two = (n: number): string => String(n).padStart(2, "0");
  const ms = String(date.getMilliseconds()).padStart(3, "0");
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}.${ms}`;
}
