import type { IncomingHttpHeaders } from "node:http";

/** What a server knows of how a socket came. */
export interface Handshake {
  /** Of the request that opened the connection. */
  headers: IncomingHttpHeaders;
  /** When the socket connected, as text. */
  time: string;
  /** The client's address, or its proxy's. */
  address: string;
  /** Whether a page of some origin connected. */
  xdomain: boolean;
  /** Whether over TLS, directly. */
  secure: boolean;
  /** When the socket connected, in milliseconds since 1970. */
  issued: number;
  url: string;
  query: Record<string, string | string[] | undefined>;
  /** What the client sent when it connected to the namespace. */
  // biome-ignore lint/suspicious/noExplicitAny: as in Socket.IO; check it before you use it
  auth: Record<string, any>;
}
