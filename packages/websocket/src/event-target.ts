import type { EventEmitter } from "node:events";
import { CloseEvent, ErrorEvent, Event, MessageEvent } from "./events.ts";
import type { RawData } from "./received.ts";

/** The event that a listener of each type gets. */
export interface EventMap<Target = EventEmitter> {
  open: Event<Target>;
  message: MessageEvent<Target>;
  close: CloseEvent<Target>;
  error: ErrorEvent<Target>;
}

/** The types that DOM listeners may listen for. */
export type EventType = keyof EventMap;

export type Listener<Type extends EventType, Target = EventEmitter> = (
  event: EventMap<Target>[Type],
) => void;

/** An object in a listener's place; its method is looked up when the event comes. */
export interface ListenerObject<Type extends EventType, Target = EventEmitter> {
  handleEvent: Listener<Type, Target>;
}

export interface EventListenerOptions {
  /** Removes the listener when it is called. Default false. */
  once?: boolean | undefined;
}

type AnyListener = Listener<EventType> | ListenerObject<EventType>;

/** What the emitter calls: makes the event and passes it on. All state of this file is on it. */
interface Adapter {
  (this: EventEmitter, ...args: unknown[]): void;
  readonly original: AnyListener;
  /** Set through an `on…` attribute, which `removeEventListener` does not see. */
  readonly isAttribute: boolean;
}

/**
 * Lets `listener` be called for events of `type`, as the DOM has it: a second time the
 * same is ignored, and so are types other than the four and a listener of null.
 */
export function addEventListener<Type extends EventType, Target = EventEmitter>(
  socket: EventEmitter,
  type: Type,
  listener: Listener<Type, Target> | ListenerObject<Type, Target> | null,
  options?: EventListenerOptions | boolean,
): void {
  if (listener === null || listener === undefined || !isEventType(type)) return;
  if (typeof listener !== "function" && typeof listener !== "object") {
    throw new TypeError(
      `the listener for "${type}" must be a function or an object with handleEvent; it is ${String(listener)}`,
    );
  }
  const original = listener as AnyListener; // called with events of this type only
  if (find(socket, type, (adapter) => !adapter.isAttribute && adapter.original === original)) {
    return;
  }
  const adapter = adapt(type, original, false);
  if (typeof options === "object" && options?.once === true) socket.once(type, adapter);
  else socket.on(type, adapter);
}

/** Removes what `addEventListener` added; nothing happens if it did not. */
export function removeEventListener<Type extends EventType, Target = EventEmitter>(
  socket: EventEmitter,
  type: Type,
  listener: Listener<Type, Target> | ListenerObject<Type, Target> | null,
): void {
  const adapter = find(
    socket,
    type,
    (candidate) => !candidate.isAttribute && candidate.original === (listener as unknown),
  );
  if (adapter !== null) socket.removeListener(type, adapter);
}

/** The value of `on…`: the function that was set, or null. */
export function getHandler<Type extends EventType, Target = EventEmitter>(
  socket: EventEmitter,
  type: Type,
): Listener<Type, Target> | null {
  const adapter = find(socket, type, isAttribute);
  // The attribute's setter took it as a listener of this type.
  return adapter === null ? null : (adapter.original as unknown as Listener<Type, Target>);
}

/** Sets `on…`; anything but a function removes it, as in the DOM. */
export function setHandler<Type extends EventType, Target = EventEmitter>(
  socket: EventEmitter,
  type: Type,
  handler: Listener<Type, Target> | null,
): void {
  const old = find(socket, type, isAttribute);
  if (old !== null) socket.removeListener(type, old);
  if (typeof handler !== "function") return;
  socket.on(type, adapt(type, handler as AnyListener, true));
}

function isEventType(type: string): type is EventType {
  return type === "open" || type === "message" || type === "close" || type === "error";
}

function isAttribute(adapter: Adapter): boolean {
  return adapter.isAttribute;
}

function find(
  socket: EventEmitter,
  type: EventType,
  matches: (adapter: Adapter) => boolean,
): Adapter | null {
  for (const listener of socket.listeners(type)) {
    if ("original" in listener && "isAttribute" in listener) {
      const adapter = listener as Adapter; // nobody else has these two properties
      if (matches(adapter)) return adapter;
    }
  }
  return null;
}

function adapt(type: EventType, original: AnyListener, isAttribute: boolean): Adapter {
  function adapter(this: EventEmitter, ...args: unknown[]): void {
    const event = makeEvent(type, this, args);
    if (typeof original === "function") original.call(this, event);
    else original.handleEvent(event);
  }
  return Object.assign(adapter, { original, isAttribute });
}

/** Makes of what `emit` was given the DOM's event. */
function makeEvent(
  type: EventType,
  target: EventEmitter,
  args: readonly unknown[],
): EventMap[EventType] {
  switch (type) {
    case "open":
      return new Event("open", target);
    case "message": {
      const [data, isBinary] = args as [RawData, boolean];
      // A text message is a Buffer to `on("message")`, whatever `binaryType` says.
      return new MessageEvent(target, isBinary ? data : String(data));
    }
    case "close": {
      const [code, reason] = args as [number, Buffer];
      return new CloseEvent(target, code, String(reason));
    }
    case "error":
      return new ErrorEvent(target, args[0] as Error);
  }
}
