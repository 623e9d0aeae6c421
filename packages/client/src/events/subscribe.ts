interface Listenable {
  on(name: never, listener: never): unknown;
  off(name: never, listener: never): unknown;
}

/** Adds each listener under its name; what is returned removes them again. */
export function subscribe<Name extends string>(
  emitter: Listenable,
  listeners: Readonly<Record<Name, unknown>>,
): () => void {
  const each = (method: "on" | "off"): void => {
    // Typed in as many ways as there are emitters; the names say which listener is whose.
    for (const name in listeners) emitter[method](name as never, listeners[name] as never);
  };
  each("on");
  return () => each("off");
}
