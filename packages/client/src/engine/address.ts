/** A URL and its parts, as they were written. */
export type Address = readonly [
  url: string,
  /** Without the colon; empty if there was none. */
  protocol: string,
  /** With brackets around an IPv6 address. */
  hostname: string,
  port: string,
  path: string,
  query: string,
];

/**
 * Takes a URL apart. The platform's own URL would encode the path, which is the name of a namespace,
 * and takes none without a scheme.
 */
export function parseAddress(url: string): Address {
  const parts = /^(?:(\w+):\/\/)?(?:[^/?#]*@)?(\[[^\]]*]|[^:/?#]*):?(\d*)([^?#]*)\??([^#]*)/.exec(
    url,
  );
  return Array.from(parts ?? [], (part) => part ?? "") as unknown as Address; // by the pattern
}

/** Whether the scheme is one with TLS: https or wss, but not ws. */
export function isSecure(protocol: string): boolean {
  return /[ps]s$/.test(protocol);
}
