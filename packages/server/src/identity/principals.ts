import { type GuardRefusal, refusal } from "../guard/codes.ts";

/** A socket of a principal. */
export interface PrincipalSocket {
  readonly client: object;
  disconnect(close?: boolean): unknown;
  dismiss(reason: GuardRefusal): void;
}

/** Which sockets belong to whom, on this server. */
export class Principals<Socket extends PrincipalSocket> {
  private readonly byId = new Map<string, Set<Socket>>();
  /** Those that nothing is known of yet but whose they are: they take places, too. */
  private readonly entering = new Map<string, Set<Socket>>();

  /**
   * Takes a place for a socket that is not let in yet; false if its principal has `maxConnections` already, other
   * than the one that the socket is of.
   */
  enter(id: string, socket: Socket, maxConnections: number): boolean {
    const clients = this.clients(id);
    if (clients.size >= maxConnections && !clients.has(socket.client)) return false;
    put(this.entering, id, socket);
    return true;
  }

  add(id: string, socket: Socket): void {
    take(this.entering, id, socket);
    put(this.byId, id, socket);
  }

  remove(id: string, socket: Socket): void {
    take(this.entering, id, socket);
    take(this.byId, id, socket);
  }

  of(id: string): ReadonlySet<Socket> {
    return this.byId.get(id) ?? new Set();
  }

  /** Ends all that a principal has, and what is about to be let in. */
  disconnect(id: string): void {
    for (const socket of [...(this.entering.get(id) ?? [])]) {
      socket.dismiss(refusal("OPENLINE_SIGNED_OUT"));
    }
    for (const socket of [...this.of(id)]) socket.disconnect(true);
  }

  /** Its connections, each of which may have sockets in several namespaces. */
  private clients(id: string): ReadonlySet<object> {
    const clients = new Set<object>();
    for (const sockets of [this.byId, this.entering]) {
      for (const { client } of sockets.get(id) ?? []) clients.add(client);
    }
    return clients;
  }
}

function put<Socket>(all: Map<string, Set<Socket>>, id: string, socket: Socket): void {
  let sockets = all.get(id);
  if (sockets === undefined) {
    sockets = new Set();
    all.set(id, sockets);
  }
  sockets.add(socket);
}

function take<Socket>(all: Map<string, Set<Socket>>, id: string, socket: Socket): void {
  const sockets = all.get(id);
  sockets?.delete(socket);
  if (sockets?.size === 0) all.delete(id);
}
