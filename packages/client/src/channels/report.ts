import { host } from "../platform/host.ts";

/**
 * Lets an error of a listener go where errors go that nobody catches, and who has called the listener
 * go on: what one does not stand is no reason to keep it from the others.
 */
export function reportLater(error: unknown): void {
  host.queueMicrotask(() => {
    throw error;
  });
}
