import type { AnyContract, RoomName } from "@openline/protocol/contract";
import { useMemo, useSyncExternalStore } from "react";
import type { Client } from "../channels/client.ts";
import { type Members, unknownMembers } from "../channels/members.ts";
import type { Observable } from "../channels/observable.ts";
import { feedOf } from "./feeds.ts";

/** What holds a channel open, and has its members. */
interface PresenceFeed {
  subscribe(listener: () => void): () => void;
  reach(): { readonly members: Observable<Members> };
}

/** Who is in a channel's room, if the server's rule for it tells. The channel is joined meanwhile. */
export function usePresence<Of extends AnyContract, Name extends RoomName<Of>>(
  client: Client<Of>,
  name: Name,
): Members {
  const feed = feedOf(client, name) as unknown as PresenceFeed; // of a channel
  const members = useMemo(() => membersOf(feed), [feed]);
  return useSyncExternalStore(members.subscribe, members.get, members.get);
}

function membersOf(feed: PresenceFeed): Observable<Members> {
  let members: Observable<Members> | null = null;
  return {
    get: () => members?.get() ?? unknownMembers,
    subscribe(listener) {
      const leave = feed.subscribe(() => {});
      members = feed.reach().members;
      const end = members.subscribe(listener);
      return () => {
        end();
        leave();
      };
    },
  };
}
