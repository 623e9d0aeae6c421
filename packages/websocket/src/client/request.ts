import { type ClientRequest, request as httpRequest, type OutgoingHttpHeaders } from "node:http";
import { request as httpsRequest, type RequestOptions } from "node:https";
import { isIP, connect as netConnect } from "node:net";
import type { Duplex } from "node:stream";
import { type ConnectionOptions, connect as tlsConnect } from "node:tls";
import type { ClientOptions } from "./options.ts";
import type { Target } from "./target.ts";

/** What a request says, beside where it goes. */
export interface RequestContent {
  readonly headers: OutgoingHttpHeaders;
  readonly auth: string | undefined;
}

/**
 * Makes the request of an opening handshake, which the caller ends.
 *
 * It has a connection to itself unless the user gives an agent: what was upgraded
 * cannot go back into a pool.
 *
 * @throws TypeError if a header field or the path cannot be sent
 */
export function createRequest<Socket>(
  target: Target,
  content: RequestContent,
  options: ClientOptions<Socket>,
): ClientRequest {
  const { isSecure } = target;
  const requestOptions = {
    ...withoutUndefined(options),
    ...content,
    createConnection: options.createConnection ?? (isSecure ? connectTls : connectPlain),
    defaultPort: options.defaultPort ?? (isSecure ? 443 : 80),
    host: target.host,
    // As a string: Node takes the number 0 for "none", and would connect to port 80.
    port: String(target.port),
    path: target.path,
    socketPath: target.socketPath ?? options.socketPath,
    method: "GET",
    hostname: undefined,
    protocol: undefined,
    timeout: undefined,
  };
  const request = isSecure ? httpsRequest : httpRequest;
  // `ClientOptions` is wider than Node's type in two functions that Node takes as they are.
  return request(requestOptions as RequestOptions);
}

/** Leaves out what is undefined, which `tls.connect` would take for a value. */
function withoutUndefined(options: object): object {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
}

/** `path` is the request's to Node's HTTP, and a Unix socket's to its `connect`. */
function connectPlain(options: RequestOptions): Duplex {
  return netConnect({ ...options, path: options.socketPath } as ConnectOptions);
}

/** What both kinds of `connect` take; Node has no one type for it. */
type ConnectOptions = Parameters<typeof netConnect>[0] & ConnectionOptions;

function connectTls(options: RequestOptions): Duplex {
  // A name is sent for virtual hosts; an address must not be (RFC 6066 §3).
  const host = options.host ?? "";
  const servername = options.servername ?? (isIP(host) === 0 ? host : "");
  return tlsConnect({ ...options, servername, path: options.socketPath } as ConnectOptions);
}
