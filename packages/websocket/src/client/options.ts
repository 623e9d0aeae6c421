import type { ClientRequest, ClientRequestArgs, OutgoingHttpHeaders } from "node:http";
import type { RequestOptions } from "node:https";
import type { createConnection } from "node:net";
import type { PeerCertificate } from "node:tls";
import type { PerMessageDeflateOptions } from "../deflate/options.ts";
import type { HeartbeatOptions } from "../link-options.ts";

/** What Node asks for when it wants a connection, or the function of `node:net`. */
type CreateConnection =
  | NonNullable<ClientRequestArgs["createConnection"]>
  | typeof createConnection;

/** The request's options that are typed anew below. */
type Retyped = "checkServerIdentity" | "createConnection" | "headers" | "family";

/**
 * What a client may be told: the options of `ws`, and those of `https.request` beside
 * them (`agent`, `auth`, `ca`, `cert`, `key`, `rejectUnauthorized`, `servername`,
 * `localAddress`, `lookup`, `signal`, `socketPath` …).
 *
 * The address decides `host`, `hostname`, `port`, `path`, `protocol` and `method`: they
 * are ignored here, and so is `timeout`, for which there is `handshakeTimeout`.
 */
export interface ClientOptions<Socket = unknown> extends Omit<RequestOptions, Retyped> {
  // The opening request.

  /** More header fields. Those of the handshake win over them. */
  headers?: OutgoingHttpHeaders | undefined;
  /** Subprotocols, where the constructor's own argument names none. */
  protocols?: string | readonly string[] | undefined;
  /** The `Origin` field, as a browser sends it. Default: none. */
  origin?: string | undefined;
  /** Only 13, the version of RFC 6455; any other is a RangeError. Default 13. */
  protocolVersion?: number | undefined;
  /**
   * Milliseconds that each request of the handshake may take until it is answered; past
   * them the error is "Opening handshake has timed out". 0: no limit. Default: none.
   */
  handshakeTimeout?: number | undefined;
  /**
   * Follows redirects. `authorization` and `cookie` are not sent on to another host or
   * from wss: to ws:, unless something listens to 'redirect' and so decides for itself.
   * Default false.
   */
  followRedirects?: boolean | undefined;
  /** Redirects in a row before the error "Maximum redirects exceeded". Default 10. */
  maxRedirects?: number | undefined;
  /**
   * Called with each request before it is sent, to change its header fields. It must
   * call `request.end()`.
   */
  finishRequest?(request: ClientRequest, websocket: Socket): void;

  // The connection under it.

  /** Makes the connection where no `agent` does. Default: `net.connect` or `tls.connect`. */
  createConnection?: CreateConnection | undefined;
  /** 4 or 6 to use addresses of that kind alone. Default: both. */
  family?: number | undefined;
  /** Tries addresses of both kinds; as in `net.connect`. */
  autoSelectFamily?: boolean | undefined;
  /**
   * Checks the certificate's name; as in `tls.connect`, it returns an Error to refuse it
   * and undefined to accept it.
   */
  checkServerIdentity?(
    servername: string,
    certificate: PeerCertificate,
  ): Error | boolean | undefined;

  // What the server may send.

  /** Bytes of one message; past it the connection closes with 1009. 0: no limit. Default 100 MiB. */
  maxPayload?: number | undefined;
  /** Frames of one message; past it 1008. 0: no limit. Default 16,384. */
  maxFragments?: number | undefined;
  /** Pieces that one frame may arrive in; past it 1008. 0: no limit. Default 262,144. */
  maxBufferedChunks?: number | undefined;
  /** Pongs that the server may leave unread before it is terminated. 0: no limit. Default 60. */
  maxPendingAutoPongs?: number | undefined;
  /** Trusts the server that its text is UTF-8. Default false. */
  skipUTF8Validation?: boolean | undefined;

  // How it speaks.

  /** Offers permessage-deflate (RFC 7692). Default true. */
  perMessageDeflate?: boolean | PerMessageDeflateOptions | undefined;
  /** Fills a masking key of four bytes for each frame. Default: from `node:crypto`. */
  generateMask?: ((mask: Buffer) => void) | undefined;
  /** Answers pings by itself. Default true. */
  autoPong?: boolean | undefined;
  /** Lets several 'message', 'ping' and 'pong' events happen in one turn. Default true. */
  allowSynchronousEvents?: boolean | undefined;
  /** Milliseconds that the closing handshake may take. Default 30 s. */
  closeTimeout?: number | undefined;
  /** Pings the server, and terminates the connection when it is dead. Default false. */
  heartbeat?: HeartbeatOptions | boolean | undefined;
}
