import { reservedEvents } from "../socket/packet.ts";
import { isEventArguments } from "./check-arguments.ts";
import type { AnyContract, Contract } from "./contract.ts";
import type {
  AnsweredEvent,
  EventDefinition,
  EventDefinitions,
  RoomDefinitions,
} from "./definition.ts";
import { type ReadReceived, readReceived } from "./read-received.ts";
import { isStandardSchema } from "./standard-schema.ts";

/** Events of that name are the server's own. */
const OWN_PREFIX = "openline:";

const libraries = "zod, valibot, arktype or another library of Standard Schema";

/** What a contract is made of. What is left out is not held to anything; `{}` allows nothing. */
export interface ContractParts<
  ClientToServer extends EventDefinitions | undefined,
  ServerToClient extends EventDefinitions | undefined,
  Rooms extends RoomDefinitions | undefined,
> {
  /** What clients emit. */
  readonly clientToServer?: ClientToServer;
  /** What the server emits. */
  readonly serverToClient?: ServerToClient;
  /** What is published in rooms, by patterns in which `*` stands for any characters. */
  readonly rooms?: Rooms;
}

/**
 * Says what a server and its clients send each other, in schemas of any library of Standard Schema.
 *
 * An event takes one payload (a schema), several arguments (a list of schemas), or has an answer too
 * (`{ args, ack }`). Rooms have events with one payload each.
 *
 * ```ts
 * export const contract = defineContract({
 *   clientToServer: {
 *     typing: z.object({ room: z.string() }),
 *     move: [z.number(), z.number()],
 *     rename: { args: z.string().max(40), ack: z.object({ name: z.string() }) },
 *   },
 *   serverToClient: { notice: z.string() },
 *   rooms: { "chat:*": { message: z.object({ text: z.string().max(1_000) }) } },
 * });
 * ```
 *
 * @throws TypeError that names the event and what it takes
 */
export function defineContract<
  const ClientToServer extends EventDefinitions | undefined = undefined,
  const ServerToClient extends EventDefinitions | undefined = undefined,
  const Rooms extends RoomDefinitions | undefined = undefined,
>(
  parts: ContractParts<ClientToServer, ServerToClient, Rooms>,
  // By its parts alone, also where a server is made of it at once.
): Contract<NoInfer<ClientToServer>, NoInfer<ServerToClient>, NoInfer<Rooms>> {
  const { clientToServer, serverToClient, rooms } = parts;
  const contract: AnyContract = { clientToServer, serverToClient, rooms };
  checkEvents("clientToServer", clientToServer);
  checkEvents("serverToClient", serverToClient);
  for (const [pattern, events] of Object.entries(contract.rooms ?? {})) {
    const where = `rooms["${pattern}"]`;
    if (pattern === "") throw new TypeError("A pattern of `rooms` must not be empty");
    for (const [event, schema] of Object.entries(events)) {
      checkName(where, event);
      if (!isStandardSchema(schema)) {
        throw new TypeError(`${where}.${event} takes a schema of ${libraries}`);
      }
    }
  }
  const defined: AnyContract = new DefinedContract(contract);
  // What was left out is undefined, as its type is.
  return Object.freeze(defined) as Contract<ClientToServer, ServerToClient, Rooms>;
}

class DefinedContract implements AnyContract {
  readonly clientToServer: EventDefinitions | undefined;
  readonly serverToClient: EventDefinitions | undefined;
  readonly rooms: RoomDefinitions | undefined;

  constructor({ clientToServer, serverToClient, rooms }: AnyContract) {
    this.clientToServer = clientToServer;
    this.serverToClient = serverToClient;
    this.rooms = rooms;
  }

  // Here, so that clients that have no contract need not carry it.
  "~read"(...read: Parameters<ReadReceived>): void {
    readReceived(this, ...read);
  }
}

function checkEvents(where: string, events: EventDefinitions | undefined): void {
  for (const [name, event] of Object.entries(events ?? {})) {
    checkName(where, name);
    if (isEvent(event)) continue;
    throw new TypeError(
      `${where}.${name} takes a schema of ${libraries}, a list of them, or { args, ack }`,
    );
  }
}

function checkName(where: string, event: string): void {
  if (!reservedEvents.has(event) && !event.startsWith(OWN_PREFIX)) return;
  throw new TypeError(`${where}.${event}: this name of an event is reserved`);
}

function isEvent(event: unknown): event is EventDefinition {
  if (isEventArguments(event)) return true;
  if (typeof event !== "object" || event === null) return false;
  const { args, ack } = event as Partial<AnsweredEvent>;
  return isEventArguments(args) && isStandardSchema(ack);
}
