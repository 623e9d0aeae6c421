import { IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import { type Query, readQuery } from "./query.ts";

/** A request as the server sees it, with its query read. */
export type EngineIncomingMessage = IncomingMessage & { _query: Query };

/** What stays of the connection below a request. */
interface ConnectionFacts {
  readonly remoteAddress: string | undefined;
  readonly remotePort: number | undefined;
  readonly encrypted: boolean;
}

/** Fields that Node's own requests have; whatever else is there was put by middlewares. */
const nodesOwn: ReadonlySet<string> = new Set([
  ...Object.keys(new IncomingMessage(undefined as unknown as Socket)), // as Node's own tests do
  "_consuming",
  "_dumped",
  "_query",
  "client",
  "res",
  "upgrade",
]);

/** Fields of its own, so that all requests have one shape: half the memory of one by one. */
class SlimRequest {
  readonly method: string | undefined;
  readonly url: string | undefined;
  readonly httpVersion: string;
  readonly headers: IncomingMessage["headers"];
  readonly remoteAddress: string | undefined;
  readonly remotePort: number | undefined;
  readonly isEncrypted: boolean;

  constructor(request: EngineIncomingMessage) {
    const { socket } = request;
    this.method = request.method;
    this.url = request.url;
    this.httpVersion = request.httpVersion;
    this.headers = request.headers;
    this.remoteAddress = socket.remoteAddress;
    this.remotePort = socket.remotePort;
    this.isEncrypted = (socket as { encrypted?: boolean }).encrypted === true;
  }

  get socket(): ConnectionFacts {
    const { remoteAddress, remotePort, isEncrypted } = this;
    return { remoteAddress, remotePort, encrypted: isEncrypted };
  }

  get connection(): ConnectionFacts {
    return this.socket;
  }

  /** Read again where somebody looks: few do, and it would take as much memory as all the rest. */
  get _query(): Query {
    return readQuery(this.url ?? "");
  }
}

// An IncomingMessage to `instanceof`, and to what middlewares hang on its prototype.
Object.setPrototypeOf(SlimRequest.prototype, IncomingMessage.prototype);

/**
 * What stays of the request that opened a session: method, url, headers, address, and everything
 * that middlewares put on it (`user`). The request itself, with its socket, parser and buffers, is
 * let go: it is several kilobytes a connection.
 *
 * Unless what they put there refers to the request: it would not be freed, and a session of
 * express-session's puts its successor on it, which has to be seen.
 */
export function slimRequest(request: EngineIncomingMessage): EngineIncomingMessage {
  const slim = new SlimRequest(request) as unknown as EngineIncomingMessage; // in what matters
  for (const key of Object.keys(request)) {
    if (nodesOwn.has(key) || key in slim) continue;
    const value: unknown = request[key as keyof IncomingMessage];
    if (refersTo(value, request)) return request;
    Object.assign(slim, { [key]: value });
  }
  return slim;
}

/** Whether one of the fields of `value`, hidden ones too, is `request`. */
function refersTo(value: unknown, request: EngineIncomingMessage): boolean {
  if (typeof value !== "object" || value === null) return false;
  const fields = Object.getOwnPropertyDescriptors(value);
  return Object.values(fields).some((field) => field.value === request);
}
