/**
 * The client with nothing but WebSockets: no polling, and so nothing to change over from. It has the
 * API of `@openline/client`, in fewer bytes.
 */
import { type Connect, type Lookup, lookupOf } from "./lookup.ts";
import { Manager } from "./manager.ts";
import { Socket } from "./socket.ts";

export type * from "./types.ts";

/** The version of Socket.IO's protocol. */
export const protocol = 5;

const lookup: Lookup<typeof Manager> = lookupOf(Manager);
const io: Connect = lookup;

export { io as connect, io, lookup as "module.exports", lookup as default, Manager, Socket };
