import { isIPv4, isIPv6 } from "node:net";

/**
 * An address as a number of 128 bits. One of IPv4 is its mapping into IPv6 (RFC 4291 §2.5.5.2), so
 * that `10.0.0.1` and `::ffff:10.0.0.1`, which name the same host, are the same number.
 *
 * Undefined for what is no address. Names, numbers in other bases and leading zeros are none: what
 * one program reads as octal, another one reads as decimal.
 */
export function parseAddress(text: string): bigint | undefined {
  if (isIPv4(text)) return MAPPED | parseIpv4(text);
  if (isIPv6(text)) return parseIpv6(text);
  return undefined;
}

/** The usual spelling: an address of IPv4 with dots, one of IPv6 by RFC 5952. */
export function formatAddress(address: bigint): string {
  return isMapped(address) ? formatIpv4(address) : formatIpv6(address);
}

/**
 * What an address counts as: itself for IPv4, its /64 for IPv6, which is what one customer gets at
 * least (RFC 6177). Whoever has a /64 has as many addresses as there are grains of sand.
 */
export function addressGroup(address: bigint): string {
  if (isMapped(address)) return formatIpv4(address);
  return `${formatIpv6((address >> 64n) << 64n)}/64`;
}

/**
 * Addresses with a prefix in common. A range of IPv6 holds no address of IPv4, though its mapping may
 * lie there: whoever trusts `::/0` thinks of IPv6.
 */
export class AddressRange {
  private readonly shift: bigint;
  private readonly prefix: bigint;

  /** `bits` of the 128: an IPv4 prefix has 96 more than it is written with. */
  constructor(address: bigint, bits: number) {
    this.shift = BigInt(128 - bits);
    this.prefix = address >> this.shift;
  }

  has(address: bigint): boolean {
    return address >> this.shift === this.prefix && (this.shift <= 32n || !isMapped(address));
  }
}

/**
 * Reads `10.0.0.0/8`, `10.0.0.0/255.0.0.0`, `2001:db8::/32`, or an address alone.
 *
 * Undefined for what is none of them.
 */
export function parseRange(text: string): AddressRange | undefined {
  const slash = text.lastIndexOf("/");
  const host = slash === -1 ? text : text.slice(0, slash);
  const address = parseAddress(host);
  if (address === undefined) return undefined;
  if (slash === -1) return new AddressRange(address, 128);
  const isShort = !host.includes(":");
  const bits = parseBits(text.slice(slash + 1), isShort);
  if (bits === undefined) return undefined;
  return new AddressRange(address, isShort ? 96 + bits : bits);
}

const MAPPED = 0xffffn << 32n;

function isMapped(address: bigint): boolean {
  return address >> 32n === 0xffffn;
}

/** A length in bits, or a netmask of IPv4. */
function parseBits(text: string, isShort: boolean): number | undefined {
  if (/^\d{1,3}$/.test(text)) {
    const bits = Number(text);
    return bits <= (isShort ? 32 : 128) ? bits : undefined;
  }
  if (!isShort || !isIPv4(text)) return undefined;
  const mask = parseIpv4(text).toString(2).padStart(32, "0");
  const bits = mask.indexOf("0");
  if (bits === -1) return 32;
  return mask.includes("1", bits) ? undefined : bits;
}

function parseIpv4(text: string): bigint {
  return BigInt(text.split(".").reduce((sum, byte) => sum * 256 + Number(byte), 0));
}

/** Of what `isIPv6` takes; its zone, which is a name on this machine, is left out. */
function parseIpv6(text: string): bigint {
  const [address = ""] = text.split("%");
  const [head = "", tail] = address.split("::");
  const before = groupsOf(head);
  const after = groupsOf(tail ?? "");
  const zeros = Array.from({ length: 8 - before.length - after.length }, () => 0n);
  return [...before, ...zeros, ...after].reduce((sum, group) => (sum << 16n) | group, 0n);
}

/** The groups of one side of `::`, of which the last may be an IPv4 address: two groups. */
function groupsOf(text: string): bigint[] {
  if (text === "") return [];
  return text.split(":").flatMap((group) => {
    if (!group.includes(".")) return [BigInt(`0x${group}`)];
    const low = parseIpv4(group);
    return [low >> 16n, low & 0xffffn];
  });
}

function formatIpv4(address: bigint): string {
  return [24n, 16n, 8n, 0n].map((shift) => (address >> shift) & 0xffn).join(".");
}

/** RFC 5952 §4: no leading zeros, `::` for the first of the longest runs of two zeros or more. */
function formatIpv6(address: bigint): string {
  const groups = Array.from({ length: 8 }, (_, at) =>
    ((address >> BigInt(112 - 16 * at)) & 0xffffn).toString(16),
  );
  let [start, length] = [-1, 1];
  for (let at = 0; at < 8; at += 1) {
    let end = at;
    while (groups[end] === "0") end += 1;
    if (end - at > length) [start, length] = [at, end - at];
  }
  if (start === -1) return groups.join(":");
  return `${groups.slice(0, start).join(":")}::${groups.slice(start + length).join(":")}`;
}
