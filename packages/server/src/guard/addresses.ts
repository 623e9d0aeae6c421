import type { IncomingHttpHeaders } from "node:http";
import { readForwarded, readForwardedFor } from "./forwarded.ts";
import { addressGroup, formatAddress, parseAddress } from "./ip-address.ts";
import { compileTrust, type IsTrusted, isOwnNetwork, type TrustProxy } from "./trust-proxy.ts";

export interface AddressOptions {
  /** Which proxies tell the truth about who is behind them. Default false: none. */
  readonly trustProxy?: TrustProxy | undefined;
  /**
   * The header in which they tell it. Only the one that they write: what is in the other one, the
   * client has put there. Default "x-forwarded-for".
   */
  readonly forwardedHeader?: "x-forwarded-for" | "forwarded" | undefined;
}

/** Whose address a request is from. */
export interface ClientAddress {
  /** As it is usually spelled, an IPv4 address without IPv6 around it; "" over a Unix socket. */
  readonly address: string;
  /** What limits count by: the address, or for IPv6 its /64. */
  readonly group: string;
  /** Of this machine or of a network that is not routed in public: mostly a proxy for many. */
  readonly isOwnNetwork: boolean;
}

/** What is needed of a request. */
export interface AddressedRequest {
  readonly headers: IncomingHttpHeaders;
  readonly socket: { readonly remoteAddress?: string | undefined };
}

/** Finds whose address a request is from, through the proxies that are trusted. */
export class ClientAddresses {
  private readonly isTrusted: IsTrusted;
  private readonly header: "x-forwarded-for" | "forwarded";

  /** @throws TypeError that names the option and what it accepts */
  constructor({ trustProxy, forwardedHeader = "x-forwarded-for" }: AddressOptions = {}) {
    if (forwardedHeader !== "x-forwarded-for" && forwardedHeader !== "forwarded") {
      throw new TypeError(
        '`forwardedHeader` takes "x-forwarded-for" or "forwarded", not ' +
          JSON.stringify(forwardedHeader),
      );
    }
    this.isTrusted = compileTrust(trustProxy);
    this.header = forwardedHeader;
  }

  /**
   * Goes from who connects towards the client for as long as who was found is trusted.
   *
   * Where a trusted proxy says something that is no address, such as `unknown`, that proxy's address
   * is given. All such requests count as one client: nobody leaves a limit behind by a header that
   * cannot be read.
   */
  of({ headers, socket }: AddressedRequest): ClientAddress {
    let found = parseAddress(socket.remoteAddress ?? "");
    if (!this.isTrusted(found, 0)) return described(found);
    const header = headers[this.header];
    if (header === undefined) return described(found);
    const text = Array.isArray(header) ? header.join(",") : header;
    const read = this.header === "forwarded" ? readForwarded : readForwardedFor;
    let hop = 0;
    for (const node of read(text)) {
      const next = parseAddress(node);
      if (next === undefined) return unreadable(found);
      found = next;
      hop += 1;
      if (!this.isTrusted(found, hop)) break;
    }
    return described(found);
  }
}

function described(address: bigint | undefined): ClientAddress {
  if (address === undefined) return { address: "", group: "", isOwnNetwork: true };
  return {
    address: formatAddress(address),
    group: addressGroup(address),
    isOwnNetwork: isOwnNetwork(address),
  };
}

function unreadable(proxy: bigint | undefined): ClientAddress {
  const { address, group } = described(proxy);
  return { address, group: `unknown behind ${group}`, isOwnNetwork: false };
}
