/** A socket of a principal. */
export interface PrincipalSocket {
  readonly client: object;
  disconnect(close?: boolean): unknown;
}

/** Which sockets belong to whom, on this server. */
export class Principals<Socket extends PrincipalSocket> {
  private readonly byId = new Map<string, Set<Socket>>();

  add(id: string, socket: Socket): void {
    let sockets = this.byId.get(id);
    if (sockets === undefined) {
      sockets = new Set();
      this.byId.set(id, sockets);
    }
    sockets.add(socket);
  }

  remove(id: string, socket: Socket): void {
    const sockets = this.byId.get(id);
    sockets?.delete(socket);
    if (sockets?.size === 0) this.byId.delete(id);
  }

  of(id: string): ReadonlySet<Socket> {
    return this.byId.get(id) ?? new Set();
  }

  /** How many connections it has, each of which may have sockets in several namespaces. */
  connections(id: string): number {
    const clients = new Set<object>();
    for (const { client } of this.of(id)) clients.add(client);
    return clients.size;
  }
}
