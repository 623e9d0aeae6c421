import { EventEmitter } from "node:events";
import type { EventNames, EventParams, EventsMap, ListenerOf } from "./event-types.ts";

/**
 * Node's emitter, typed by three maps: what may be listened to, what may be emitted, and the
 * events that we emit ourselves.
 */
export interface StrictEmitter<
  Listen extends EventsMap,
  Emit extends EventsMap,
  Reserved extends EventsMap = Record<never, never>,
> extends EventEmitter {
  on<Name extends EventNames<Reserved> | EventNames<Listen>>(
    event: Name,
    listener: ListenerOf<Reserved, Listen, Name>,
  ): this;
  once<Name extends EventNames<Reserved> | EventNames<Listen>>(
    event: Name,
    listener: ListenerOf<Reserved, Listen, Name>,
  ): this;
  emit<Name extends EventNames<Emit>>(event: Name, ...args: EventParams<Emit, Name>): boolean;
  listeners<Name extends EventNames<Reserved> | EventNames<Listen>>(
    event: Name,
  ): ListenerOf<Reserved, Listen, Name>[];
}

/** Node's own emitter: only the types differ. */
export const StrictEmitter: new <
  Listen extends EventsMap,
  Emit extends EventsMap,
  Reserved extends EventsMap = Record<never, never>,
>(options?: {
  captureRejections?: boolean;
}) => StrictEmitter<Listen, Emit, Reserved> = EventEmitter as never; // see above

const emitUntyped: (this: EventEmitter, event: string | symbol, ...args: unknown[]) => boolean =
  EventEmitter.prototype.emit;

/** Emits to the listeners here, past what a class makes of `emit`. */
export function emitHere(
  emitter: EventEmitter,
  event: string | symbol,
  ...args: unknown[]
): boolean {
  return emitUntyped.call(emitter, event, ...args);
}

/** The same for a name and its arguments that are in one list already. */
export function emitList(emitter: EventEmitter, list: readonly unknown[]): boolean {
  return Reflect.apply(emitUntyped, emitter, list);
}

/**
 * Says what becomes of a promise of a listener's that is rejected, for all emitters of a class
 * that were made with `captureRejections`.
 */
export function onRejection<Emitter extends EventEmitter>(
  prototype: Emitter,
  handle: (emitter: Emitter, error: unknown, event: string, args: readonly unknown[]) => void,
): void {
  Object.defineProperty(prototype, EventEmitter.captureRejectionSymbol, {
    configurable: true,
    value(this: Emitter, error: unknown, event: string | symbol, ...args: unknown[]): void {
      handle(this, error, String(event), args);
    },
  });
}
