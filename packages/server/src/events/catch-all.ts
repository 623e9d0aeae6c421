import type { AnyArguments } from "./event-types.ts";

/** Hears every event: its name, and what came with it. */
export type CatchAllListener = (...args: AnyArguments) => void;

/** Listeners for all events, in order. */
export type CatchAllListeners = CatchAllListener[];

/** Removes one, or without one all. */
export function removeCatchAll(
  listeners: CatchAllListeners | null,
  listener: CatchAllListener | undefined,
): CatchAllListeners | null {
  if (listeners === null) return null;
  if (listener === undefined) return null;
  const at = listeners.indexOf(listener);
  if (at !== -1) listeners.splice(at, 1);
  return listeners;
}

/** Calls all of them, even if one of them removes itself. */
export function tellCatchAll(
  listeners: CatchAllListeners | null,
  target: object,
  args: readonly unknown[],
): void {
  if (listeners === null || listeners.length === 0) return;
  for (const listener of [...listeners]) listener.apply(target, args as AnyArguments);
}
