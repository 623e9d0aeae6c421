import { parseAddress } from "./engine/address.ts";
import type { DefaultEventsMap, EventsMap } from "./events/event-types.ts";
import type { ConnectOptions, ManagerOptions, TypedContractOption } from "./manager-options.ts";
import { Socket, type SocketManager } from "./socket.ts";

/** Enters the namespace that `url`'s path names; without a URL, on the page's own server. */
export interface Connect {
  <Listen extends EventsMap = DefaultEventsMap, Emit extends EventsMap = Listen>(
    options?: ConnectOptions & TypedContractOption<Listen, Emit>,
  ): Socket<Listen, Emit>;
  <Listen extends EventsMap = DefaultEventsMap, Emit extends EventsMap = Listen>(
    url?: string,
    options?: ConnectOptions & TypedContractOption<Listen, Emit>,
  ): Socket<Listen, Emit>;
}

/** As `Connect`, with everything else on it. */
export interface Lookup<ManagerClass> extends Connect {
  readonly Manager: ManagerClass;
  readonly Socket: typeof Socket;
  readonly io: Connect;
  readonly connect: Connect;
}

type AnyManager = SocketManager & { readonly nsps: Record<string, Socket> };

/** Makes the function `io` of a class of managers: one manager a server, for all its namespaces. */
export function lookupOf<
  ManagerClass extends new (
    url: string,
    options: ManagerOptions,
  ) => AnyManager,
>(Manager: ManagerClass): Lookup<ManagerClass> {
  const managers = new Map<string, AnyManager>();

  const io = (first: string | ConnectOptions = "", second?: ConnectOptions): Socket => {
    const [url, options = {}] = typeof first === "object" ? ["", first] : [first, second];
    const { s, hostname, port, path } = parseAddress(url);
    const nsp = path || "/";
    // The same server, whether or not its default port is named.
    const key = `${hostname}:${port || (s ? 443 : 80)}${s}${options.path}`;
    const known = managers.get(key);
    const isAlone = options.forceNew || options.multiplex === false || known?.nsps[nsp];
    const manager = (!isAlone && known) || new Manager(url, options);
    if (!isAlone) managers.set(key, manager);
    return manager.socket(nsp, options);
  };
  // Which events there are is the caller's knowledge.
  const connect = io as Connect;
  return Object.assign(connect, { Manager, Socket, io: connect, connect });
}
