import { host } from "../platform/host.ts";

/** Where a server is, and which of its namespaces is meant. */
export interface Address {
  /** "s" if there is TLS, or else nothing. */
  readonly s: string;
  /** With brackets around an IPv6 address. */
  readonly hostname: string;
  /** Empty if it is the scheme's own. */
  readonly port: string;
  /** As it was written. */
  readonly path: string;
  readonly query: string;
}

/**
 * Reads a URL, which may lack its scheme, or its host as well: then they are the page's.
 *
 * The platform's own URL would encode the path, which is the name of a namespace.
 *
 * @throws TypeError if it names no host, and there is no page
 */
export function parseAddress(url = ""): Address {
  const [, scheme, s, hostname, port = "", path = "", query = ""] =
    /^((?:http|ws)(s?):)?(?:\/\/)?(?:[^/?#]*@)?(\[[^\]]*]|[^:/?#]*):?(\d*)([^?#]*)\??([^#]*)/.exec(
      url,
    )!; // it matches everything
  const page = host.location;
  if (!hostname && !page) throw new TypeError("no URL, no page");
  return {
    s: scheme ? s! : page?.protocol === "http:" ? "" : "s",
    hostname: hostname || page!.hostname,
    port: hostname ? port : page!.port,
    path,
    query,
  };
}
