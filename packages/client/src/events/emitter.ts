import type { AnyListener, EventNames, EventParams, EventsMap, ListenerOf } from "./event-types.ts";

/**
 * Events as `@socket.io/component-emitter` has them: `on`, `once`, `off` with any of its two
 * arguments missing, and the names that DOM and Node give to these.
 *
 * Listeners are called in the order in which they were added; one that is added or removed
 * meanwhile changes nothing for the event at hand. What a listener throws goes to who emits.
 */
export class Emitter<
  Listen extends EventsMap,
  Emit extends EventsMap,
  Reserved extends EventsMap = Record<never, never>,
> {
  /** Lists are replaced, never changed: one that is being gone through stays as it is. */
  readonly #lists = new Map<unknown, readonly AnyListener[]>();

  declare addEventListener: this["on"];
  declare removeListener: this["off"];
  declare removeAllListeners: this["off"];
  declare removeEventListener: this["off"];

  /** Calls `listener` at every such event. */
  on<Name extends EventNames<Reserved> | EventNames<Listen>>(
    name: Name,
    listener: ListenerOf<Reserved, Listen, Name>,
  ): this {
    this.#lists.set(name, [...this.listeners(name), listener]);
    return this;
  }

  /** Calls `listener` at the next such event only. */
  once<Name extends EventNames<Reserved> | EventNames<Listen>>(
    name: Name,
    listener: ListenerOf<Reserved, Listen, Name>,
  ): this {
    const once = (...args: unknown[]): void => {
      this.off(name, once as ListenerOf<Reserved, Listen, Name>); // it was added as one
      listener.apply(this, args);
    };
    once.fn = listener as AnyListener;
    return this.on(name, once as ListenerOf<Reserved, Listen, Name>); // it takes any arguments
  }

  /** Removes a listener; without one, all of that name; without a name, all there are. */
  off<Name extends EventNames<Reserved> | EventNames<Listen>>(
    name?: Name,
    listener?: ListenerOf<Reserved, Listen, Name>,
  ): this {
    if (name === undefined && !listener) this.#lists.clear();
    else {
      const list = [...this.listeners(name!)];
      remove(list, listener);
      this.#lists.set(name, list);
    }
    return this;
  }

  emit<Name extends EventNames<Emit>>(name: Name, ...args: EventParams<Emit, Name>): this {
    return this.emitReserved(name as never, ...(args as never)); // whose events they are is a matter of types
  }

  /** The listeners of an event, wrapped if they were added with `once`. */
  listeners<Name extends EventNames<Reserved> | EventNames<Listen>>(
    name: Name,
  ): ListenerOf<Reserved, Listen, Name>[] {
    return (this.#lists.get(name) ?? []) as ListenerOf<Reserved, Listen, Name>[]; // by `on`
  }

  hasListeners(name: EventNames<Reserved> | EventNames<Listen>): boolean {
    return this.listeners(name).length > 0;
  }

  /** Emits one of our own events. */
  protected emitReserved<Name extends EventNames<Reserved>>(
    name: Name,
    ...args: EventParams<Reserved, Name>
  ): this {
    for (const listener of this.listeners(name)) listener.apply(this, args);
    return this;
  }

  static {
    const { prototype } = Emitter;
    prototype.addEventListener = prototype.on;
    prototype.removeListener =
      prototype.removeAllListeners =
      prototype.removeEventListener =
        prototype.off;
  }
}

/** Removes a listener from a list of them: the first, be it as it is or wrapped. Without one, all. */
export function remove(
  listeners: (AnyListener & { fn?: unknown })[],
  listener: AnyListener | undefined,
): void {
  if (!listener) listeners.length = 0;
  else {
    const at = listeners.findIndex((each) => each === listener || each.fn === listener);
    if (at >= 0) listeners.splice(at, 1);
  }
}
