/** What browsers have, and some other platforms: declared here, since no library of types has just this. */

/** The Web Locks API, as far as it is used. */
export interface LocksLike {
  request<Result>(
    name: string,
    options: { ifAvailable?: boolean; signal?: unknown },
    callback: (lock: object | null) => Result | Promise<Result>,
  ): Promise<Result>;
}

export interface BroadcastChannelLike {
  onmessage: ((event: { data: unknown }) => void) | null;
  postMessage(data: unknown): void;
  close(): void;
  /** Node's own keeps the process alive without it. */
  unref?(): void;
}

export interface AbortControllerLike {
  readonly signal: { readonly aborted: boolean };
  abort(): void;
}

interface EventTargetLike {
  addEventListener?(name: string, listener: (event: never) => void): void;
  removeEventListener?(name: string, listener: (event: never) => void): void;
}

interface Browser extends EventTargetLike {
  readonly navigator?: { readonly locks?: LocksLike; readonly onLine?: boolean };
  readonly document?: EventTargetLike & { readonly visibilityState: "visible" | "hidden" };
  readonly performance: { now(): number };
  readonly AbortController: new () => AbortControllerLike;
  readonly BroadcastChannel?: new (name: string) => BroadcastChannelLike;
}

/** Looked up at each use, so that tests may put in their own. */
export const browser: Browser = globalThis as unknown as Browser; // what it has is declared above

/** Listens to an event of the page, or of its document; what is returned ends that. */
export function listen<Event>(
  target: "page" | "document",
  name: string,
  listener: (event: Event) => void,
): () => void {
  const emitter: EventTargetLike | undefined = target === "page" ? browser : browser.document;
  emitter?.addEventListener?.(name, listener);
  return () => emitter?.removeEventListener?.(name, listener);
}
