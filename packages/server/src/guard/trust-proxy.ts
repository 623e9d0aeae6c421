import { formatAddress, parseRange } from "./ip-address.ts";

/**
 * Which proxies tell the truth about who is behind them, as Express has it:
 *
 * - `false` (the default): none, so that the client is whoever connects;
 * - `true`: all, so that the client is the first in the header. Only where a proxy of yours removes
 *   what the client itself has sent, or anybody can take any address;
 * - a number: so many, nearest first;
 * - addresses, ranges (`10.0.0.0/8`), `"loopback"`, `"linklocal"`, `"uniquelocal"`: as a list, or in
 *   one string with commas;
 * - a function of an address and of how many hops away it is, 0 being who connects, whose address
 *   is "" over a Unix socket. One that throws does not trust.
 */
export type TrustProxy =
  | boolean
  | number
  | string
  | readonly string[]
  | ((address: string, hop: number) => boolean);

/** Whether a proxy is trusted; undefined is one that connects by a Unix socket. */
export type IsTrusted = (address: bigint | undefined, hop: number) => boolean;

const named: Readonly<Record<string, readonly string[]>> = {
  loopback: ["127.0.0.0/8", "::1/128"],
  linklocal: ["169.254.0.0/16", "fe80::/10"],
  uniquelocal: ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7"],
};

/** @throws TypeError for what is none of them */
export function compileTrust(trust: TrustProxy | undefined): IsTrusted {
  if (trust === undefined || typeof trust === "boolean") return () => trust === true;
  if (typeof trust === "number") {
    if (!(trust >= 0)) throw refused(trust);
    return (_, hop) => hop < trust;
  }
  if (typeof trust === "function") return asked(trust);
  if (typeof trust === "string") return listed(trust.split(","));
  if (Array.isArray(trust)) return listed(trust);
  throw refused(trust);
}

/** Whether an address is of this machine or of a network that is not routed in public. */
export const isOwnNetwork: (address: bigint) => boolean = (() => {
  const isOwn = listed(Object.keys(named));
  return (address: bigint) => isOwn(address, 0);
})();

function asked(trust: (address: string, hop: number) => boolean): IsTrusted {
  return (address, hop) => {
    try {
      return trust(address === undefined ? "" : formatAddress(address), hop) === true;
    } catch {
      return false;
    }
  };
}

function listed(names: readonly unknown[]): IsTrusted {
  const ranges = names.flatMap((name) => {
    if (typeof name !== "string") throw refused(name);
    const text = name.trim();
    const members = Object.hasOwn(named, text) ? named[text] : undefined;
    return (members ?? [text]).map((member) => {
      const range = parseRange(member);
      if (range === undefined) throw refused(member);
      return range;
    });
  });
  return (address) => address !== undefined && ranges.some((range) => range.has(address));
}

function refused(what: unknown): TypeError {
  return new TypeError(
    "`trustProxy` takes a boolean, a number of hops, a function, or addresses, ranges and " +
      `"loopback", "linklocal" or "uniquelocal", not ${JSON.stringify(what)}`,
  );
}
