import type { RoomDefinitions } from "@openline/protocol/contract";
import type { DefaultEventsMap, EventsMap } from "./events/event-types.ts";
import { Namespace, type NamespaceHost } from "./namespace.ts";
import {
  Adapter,
  type AdapterNamespace,
  type BroadcastOptions,
  type RoomDelivery,
  type RoomPacket,
} from "./rooms/adapter.ts";
import type { RemoteSocket } from "./rooms/broadcast-operator.ts";

/** What a parent needs of the server beyond what every namespace does. */
export interface ParentNamespaceHost<
  Listen extends EventsMap,
  Emit extends EventsMap,
  ServerSide extends EventsMap,
  SocketData,
  Rooms extends RoomDefinitions | undefined,
> extends NamespaceHost {
  readonly removesEmptyChildren: boolean;
  addNamespace(namespace: Namespace<Listen, Emit, ServerSide, SocketData, Rooms>): void;
  removeNamespace(name: string): void;
}

let count = 0;

/**
 * Stands for all namespaces whose names match a pattern or are let in by a function. They are made
 * when the first client asks for them, with the parent's middlewares and listeners.
 */
export class ParentNamespace<
  Listen extends EventsMap = DefaultEventsMap,
  Emit extends EventsMap = Listen,
  ServerSide extends EventsMap = DefaultEventsMap,
  // biome-ignore lint/suspicious/noExplicitAny: as in Socket.IO
  SocketData = any,
  Rooms extends RoomDefinitions | undefined = undefined,
> extends Namespace<Listen, Emit, ServerSide, SocketData, Rooms> {
  readonly children: Set<Namespace<Listen, Emit, ServerSide, SocketData, Rooms>> = new Set();
  private readonly host: ParentNamespaceHost<Listen, Emit, ServerSide, SocketData, Rooms>;

  constructor(host: ParentNamespaceHost<Listen, Emit, ServerSide, SocketData, Rooms>) {
    super(host, `/_${count}`);
    count += 1;
    this.host = host;
  }

  /** Makes the namespace of that name. */
  createChild(name: string): Namespace<Listen, Emit, ServerSide, SocketData, Rooms> {
    const child = new ChildNamespace<Listen, Emit, ServerSide, SocketData, Rooms>(
      this.host,
      name,
      () => this.left(child),
    );
    child.takeAfter(this);
    this.children.add(child);
    this.host.addNamespace(child);
    return child;
  }

  /** @throws Error: the children of one server are not those of another */
  override fetchSockets(): Promise<RemoteSocket<Emit, SocketData>[]> {
    throw new Error("fetchSockets() is not supported on parent namespaces");
  }

  /** It has no clients of its own; its children have the same rules. */
  protected override startDelivery(): void {}

  protected override makeAdapter(): Adapter {
    // The parent's constructor runs before its fields are there.
    return new ChildrenAdapter(this, () => this.children);
  }

  private left(child: Namespace<Listen, Emit, ServerSide, SocketData, Rooms>): void {
    if (!this.host.removesEmptyChildren || child.sockets.size > 0) return;
    // Its clients may come back to their sessions.
    if (child.delivery !== null) return;
    void child.adapter.close();
    this.host.removeNamespace(child.name);
    this.children.delete(child);
  }
}

/** A namespace that a parent has made: it tells when a client has left. */
class ChildNamespace<
  Listen extends EventsMap,
  Emit extends EventsMap,
  ServerSide extends EventsMap,
  SocketData,
  Rooms extends RoomDefinitions | undefined,
> extends Namespace<Listen, Emit, ServerSide, SocketData, Rooms> {
  override readonly isDynamic = true;
  private readonly onLeft: () => void;

  constructor(host: NamespaceHost, name: string, onLeft: () => void) {
    super(host, name);
    this.onLeft = onLeft;
  }

  takeAfter(parent: Namespace<Listen, Emit, ServerSide, SocketData, Rooms>): void {
    this.inherit(parent);
  }

  override removeSocket(
    socket: Parameters<Namespace<Listen, Emit, ServerSide, SocketData, Rooms>["removeSocket"]>[0],
  ): void {
    super.removeSocket(socket);
    this.onLeft();
  }
}

/** What a broadcast to all children needs of each. */
interface Child {
  readonly adapter: Adapter;
  readonly delivery: RoomDelivery | null;
}

/** Broadcasts to the clients of all children. */
class ChildrenAdapter extends Adapter {
  private readonly children: () => Iterable<Child>;

  constructor(nsp: AdapterNamespace, children: () => Iterable<Child>) {
    super(nsp);
    this.children = children;
  }

  override broadcast(packet: RoomPacket, options: BroadcastOptions): void {
    // Each child names the packet after itself.
    for (const { adapter, delivery } of this.children()) {
      (delivery ?? adapter).broadcast({ ...packet }, options);
    }
  }
}
