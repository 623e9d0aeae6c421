import type { Transport, TransportListener } from "../transports/transport.ts";
import type { ConnectionOptions, TransportOptions } from "../transports/transport-options.ts";

export type TransportName = "polling" | "websocket" | (string & {});

export type TransportConstructor = new (
  options: TransportOptions,
  listener: TransportListener,
) => Transport;

/** How a connection is made. */
export interface EngineOptions extends ConnectionOptions {
  /** Where the server is, for what is made without a URL. Default: where the page comes from. */
  host?: string | undefined;
  hostname?: string | undefined;
  port?: string | number | undefined;
  /** Whether there is TLS. */
  secure?: boolean | undefined;
  /**
   * What to connect by, in this order: names, or classes of transports. Default: "polling", then
   * "websocket"; of `@openline/client/websocket`: "websocket".
   */
  transports?: readonly (TransportName | TransportConstructor)[] | undefined;
  /** Classes of transports, in place of `transports`. */
  transportImplementations?: readonly TransportConstructor[] | undefined;
  /** Further options by the name of a transport. */
  transportOptions?: Record<string, Partial<ConnectionOptions>> | undefined;
  /** Whether to change over to a better transport. Default: true. */
  upgrade?: boolean | undefined;
  /** Begin with a WebSocket where the last one worked. Default: false. */
  rememberUpgrade?: boolean | undefined;
  /** Try the next transport when the first one does not connect. Default: false. */
  tryAllTransports?: boolean | undefined;
  /** Close without a "disconnect" event before the page goes. Default: false. */
  closeOnBeforeunload?: boolean | undefined;
}
