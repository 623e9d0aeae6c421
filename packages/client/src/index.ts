/**
 * The client: `io(url, options)` as `socket.io-client` 4 has it, over the platform's own WebSocket
 * and fetch.
 */
import type { Engine } from "./engine/engine.ts";
import { targetOf } from "./engine/target.ts";
import { UpgradingEngine } from "./engine/upgrading-engine.ts";
import type { DefaultEventsMap, EventsMap } from "./events/event-types.ts";
import { type Connect, type Lookup, lookupOf } from "./lookup.ts";
import { Manager as WebSocketManager } from "./manager.ts";
import { Socket } from "./socket.ts";
import { PollingTransport } from "./transports/polling-transport.ts";
import { WebSocketTransport } from "./transports/websocket-transport.ts";

export type * from "./types.ts";

/** A connection that is made again when it is lost, and the sockets that share it. */
export class Manager<
  Listen extends EventsMap = DefaultEventsMap,
  Emit extends EventsMap = Listen,
> extends WebSocketManager<Listen, Emit> {
  protected override makeEngine(): Engine {
    return new UpgradingEngine(this.uri ?? targetOf(this.opts), this.opts);
  }
}

/** The version of Socket.IO's protocol. */
export const protocol = 5;

const lookup: Lookup<typeof Manager> = lookupOf(Manager);
const io: Connect = lookup;

export {
  io as connect,
  io,
  lookup as "module.exports",
  lookup as default,
  PollingTransport as Fetch,
  PollingTransport as NodeXHR,
  PollingTransport as XHR,
  Socket,
  WebSocketTransport as NodeWebSocket,
  WebSocketTransport as WebSocket,
};
