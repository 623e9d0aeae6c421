/** Why a connection is not let in. */
export type AdmissionRefusal = "full" | "address";

/**
 * Counts connections, in all and by address, and says who may still come in.
 *
 * An IPv6 peer is counted by its /64, which is what one customer gets. Unless
 * `countsOwnNetworks`, addresses of loopback and private networks are not capped
 * one by one: they are mostly a proxy that stands for many.
 */
export class Admission {
  private readonly maxConnections: number;
  private readonly maxPerAddress: number;
  private readonly countsOwnNetworks: boolean;
  private readonly byGroup = new Map<string, number>();
  private total = 0;

  constructor(maxConnections: number, maxPerAddress: number, countsOwnNetworks: boolean) {
    this.maxConnections = maxConnections;
    this.maxPerAddress = maxPerAddress;
    this.countsOwnNetworks = countsOwnNetworks;
  }

  get connections(): number {
    return this.total;
  }

  /**
   * Takes a place for a peer of `group` (see `groupOf`). Returns null when there is
   * one: give it back with `leave`.
   */
  enter(group: string | undefined): AdmissionRefusal | null {
    if (this.total >= this.maxConnections) return "full";
    if (group !== undefined) {
      const count = this.byGroup.get(group) ?? 0;
      if (count >= this.maxPerAddress) return "address";
      this.byGroup.set(group, count + 1);
    }
    this.total += 1;
    return null;
  }

  leave(group: string | undefined): void {
    this.total -= 1;
    if (group === undefined) return;
    const count = this.byGroup.get(group) ?? 0;
    if (count <= 1) this.byGroup.delete(group);
    else this.byGroup.set(group, count - 1);
  }

  /** What `address` is counted as; undefined when it is not counted on its own. */
  groupOf(address: string | undefined): string | undefined {
    if (address === undefined || this.maxPerAddress === Number.POSITIVE_INFINITY) return undefined;
    if (!this.countsOwnNetworks && isOwnNetwork(address)) return undefined;
    return addressGroup(address);
  }
}

/** Whether an address is of this machine or a network that is not routed in public. */
export function isOwnNetwork(address: string): boolean {
  if (address.startsWith("::ffff:")) return isOwnIpv4(address.slice(7));
  if (!address.includes(":")) return isOwnIpv4(address);
  return address === "::1" || ownIpv6.test(address);
}

/** fc00::/7 and fe80::/10 (RFC 4193, RFC 4291). */
const ownIpv6 = /^(?:f[cd][0-9a-f]{2}|fe[89ab][0-9a-f]):/i;
/** RFC 1918, RFC 3927 and loopback. */
const ownIpv4 = /^(?:127|10|192\.168|169\.254|172\.(?:1[6-9]|2\d|3[01]))\./;

function isOwnIpv4(address: string): boolean {
  return ownIpv4.test(address);
}

/** An IPv4 address as it is (also when mapped into IPv6), an IPv6 address by its /64. */
export function addressGroup(address: string): string {
  if (address.startsWith("::ffff:")) return address.slice(7);
  if (!address.includes(":")) return address;
  const [head = "", tail] = address.split("%")[0]?.split("::") ?? [];
  const before = head === "" ? [] : head.split(":");
  const after = tail === undefined || tail === "" ? [] : tail.split(":");
  const zeros = tail === undefined ? 0 : Math.max(0, 8 - before.length - after.length);
  const groups = [...before, ...Array.from({ length: zeros }, () => "0"), ...after];
  return `${groups
    .slice(0, 4)
    .map((part) => part.replace(/^0+(?=.)/, ""))
    .join(":")}::/64`;
}
