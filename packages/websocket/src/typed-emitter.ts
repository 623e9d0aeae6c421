import { EventEmitter } from "node:events";

// biome-ignore lint/suspicious/noExplicitAny: events of a user's own have arguments of their own
type AnyArguments = any[];

/** The arguments of one event's listeners. */
type ArgumentsOf<Events, Name extends keyof Events> = Events[Name] & readonly unknown[];

/**
 * An emitter that knows the arguments of its own events, and lets users have events of
 * their own: as in `ws`, they emit 'connection' with a user as a third argument.
 */
export interface TypedEmitter<Events> extends EventEmitter {
  on<Name extends keyof Events>(
    event: Name,
    listener: (this: this, ...args: ArgumentsOf<Events, Name>) => void,
  ): this;
  on(event: string | symbol, listener: (this: this, ...args: AnyArguments) => void): this;
  once<Name extends keyof Events>(
    event: Name,
    listener: (this: this, ...args: ArgumentsOf<Events, Name>) => void,
  ): this;
  once(event: string | symbol, listener: (this: this, ...args: AnyArguments) => void): this;
  off<Name extends keyof Events>(
    event: Name,
    listener: (this: this, ...args: ArgumentsOf<Events, Name>) => void,
  ): this;
  off(event: string | symbol, listener: (this: this, ...args: AnyArguments) => void): this;
  addListener<Name extends keyof Events>(
    event: Name,
    listener: (this: this, ...args: ArgumentsOf<Events, Name>) => void,
  ): this;
  addListener(event: string | symbol, listener: (this: this, ...args: AnyArguments) => void): this;
  removeListener<Name extends keyof Events>(
    event: Name,
    listener: (this: this, ...args: ArgumentsOf<Events, Name>) => void,
  ): this;
  removeListener(
    event: string | symbol,
    listener: (this: this, ...args: AnyArguments) => void,
  ): this;
}

/** Node's own emitter: only the types differ. */
export const TypedEmitter: new <Events>() => TypedEmitter<Events> = EventEmitter;
