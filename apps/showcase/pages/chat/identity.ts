import { randomId } from "./random-id.ts";

const storageKey = "openline.chat.secret";

/**
 * The secret by which the server knows this browser again, in all of its windows and after reloads: they
 * are one person, since they share one outbox.
 */
export function openIdentity(): string {
  const known = localStorage.getItem(storageKey);
  if (known !== null) return known;
  const fresh = randomId() + randomId();
  localStorage.setItem(storageKey, fresh);
  return fresh;
}
