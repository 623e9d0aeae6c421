import { useSyncExternalStore } from "react";
import type { ConnectionState } from "../channels/connection.ts";
import type { Observable } from "../channels/observable.ts";
import type { OutboxEntry } from "../channels/outbox.ts";
import { useGivenOrProvided } from "./provider.ts";

/** What an observable has now; the component renders again when it changes. */
export function useObservable<Value>(observable: Observable<Value>): Value {
  return useSyncExternalStore(
    (listener) => observable.subscribe(listener),
    () => observable.get(),
    () => observable.get(),
  );
}

/** What is observed of a client; without one, of the nearest provider's. */
interface Observed {
  readonly connection: Observable<ConnectionState>;
  readonly outbox: Observable<readonly OutboxEntry[]>;
}

/** Whether a client is connected; if not, why, and when it tries again. */
export function useConnection(client?: Pick<Observed, "connection">): ConnectionState {
  return useObservable(useGivenOrProvided<Pick<Observed, "connection">>(client).connection);
}

/** What a client has published and is not settled, the oldest first. */
export function useOutbox(client?: Pick<Observed, "outbox">): readonly OutboxEntry[] {
  return useObservable(useGivenOrProvided<Pick<Observed, "outbox">>(client).outbox);
}
