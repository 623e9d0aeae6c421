import { randomId } from "./random-id.ts";

const storageKey = "openline.chat.session";

/**
 * The secret by which the server knows this window again, also after a reload.
 *
 * A duplicated tab copies its storage: a lock, which only one window can hold, tells them apart.
 * Where there are no locks, each load of the page is a person of its own.
 */
export async function openSession(): Promise<string> {
  const known = sessionStorage.getItem(storageKey);
  if (known !== null && (await claim(known))) return known;
  const fresh = randomId();
  sessionStorage.setItem(storageKey, fresh);
  await claim(fresh);
  return fresh;
}

/** Holds the id for as long as the page lives; false if another window holds it. */
function claim(id: string): Promise<boolean> {
  if (navigator.locks === undefined) return Promise.resolve(false);
  return new Promise((resolve) => {
    void navigator.locks.request(`${storageKey}.${id}`, { ifAvailable: true }, (lock) => {
      resolve(lock !== null);
      return lock === null ? undefined : new Promise<never>(() => {});
    });
  });
}
