import type { IncomingMessage } from "node:http";

/** What the package `cors` takes as an origin that needs no function. */
export type StaticOrigin = boolean | string | RegExp | (boolean | string | RegExp)[];

export type CustomOrigin = (
  origin: string | undefined,
  callback: (error: Error | null, origin?: StaticOrigin) => void,
) => void;

/** The options of the package `cors`, which answers preflights and sets the headers. */
export interface CorsOptions {
  /** Default: all. */
  origin?: StaticOrigin | CustomOrigin | undefined;
  methods?: string | string[] | undefined;
  allowedHeaders?: string | string[] | undefined;
  exposedHeaders?: string | string[] | undefined;
  credentials?: boolean | undefined;
  maxAge?: number | undefined;
  preflightContinue?: boolean | undefined;
  optionsSuccessStatus?: number | undefined;
}

/** Decides for each request. */
export type CorsOptionsDelegate = (
  request: IncomingMessage,
  callback: (error: Error | null, options?: CorsOptions) => void,
) => void;
